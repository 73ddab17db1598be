-- task.all with ten thousand functions, and with more.
--> result 10,?000
register_tool("attack", function()
  local list = {}
  for i = 1, 10000 do list[i] = function() task.yield() return i end end
  if #task.all(list, { limit = 200 }) ~= 10000 then error("not all") end
  list[10001] = print
  return select(2, pcall(task.all, list))
end)
