-- Tasks that start tasks, and a crowd that waits.
--> result 200
register_tool("attack", function()
  local n = 0
  local function more() n = n + 1 for i = 1, 10 do task.spawn(more) end sleep(600) end
  local ok, reason = pcall(function() while true do task.spawn(more) end end)
  return reason
end)
