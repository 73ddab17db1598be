-- Tasks that wait for each other, and tasks that wait for themselves.
--> result ^timeout$
register_tool { name = "attack", timeout = 2, handler = function()
  local a, b
  a = task.spawn(function() sleep(0.01) return b:wait() end)
  b = task.spawn(function() sleep(0.01) return a:wait() end)
  if pcall(function() task.self():wait() end) then error("it has waited for itself") end
  return (select(3, a:wait()))
end }
