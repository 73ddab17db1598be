-- A handler keeps closures, each of which keeps a string.
--> flags --memory 32
--> error too much memory
register_tool("attack", function()
  local t = {}
  for i = 1, 1e9 do local s = ("x"):rep(1000) .. i t[i] = function() return s end end
end)
