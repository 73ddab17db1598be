-- A handler keeps as many short strings as fit into the memory.
--> flags --memory 16
--> error too much memory
register_tool("attack", function()
  local t = {}
  for i = 1, 1e9 do t[i] = ("x"):rep(20) .. i end
end)
