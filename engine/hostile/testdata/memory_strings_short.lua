-- Short strings, as many as go into memory.
--> flags --memory 32
--> error too much memory
register_tool("attack", function()
  local t = {}
  for i = 1, 1e9 do t[i] = ("x"):rep(20) .. i end
end)
