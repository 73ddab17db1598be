-- Locks that are never released, and locks in a circle.
--> result ^timeout$
register_tool { name = "attack", timeout = 2, handler = function()
  local m, s, t = task.mutex(), task.semaphore(1), task.mutex()
  local holder = task.spawn(function() m:lock() s:acquire() sleep(600) end)
  sleep(0.01)
  if m:lock(0.1) or s:acquire(0.1) then error("it is held twice") end
  holder:cancel()
  sleep(0.01)
  if not m:lock(1) then error("a cancelled task keeps the mutex") end
  task.spawn(function() t:lock() m:lock() end)
  sleep(0.01)
  return (select(3, t:lock()))
end }
