-- A task cancels itself, and the task that waits for it.
--> error cancelled|stopped
register_tool("attack", function()
  local me = task.self()
  task.spawn(function() me:cancel() end)
  local t = task.spawn(function() task.self():cancel() while true do sleep(1) end end)
  t:wait(5)
  sleep(600)
end)
