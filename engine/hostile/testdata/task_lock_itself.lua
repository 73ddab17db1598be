-- A task locks what it holds.
--> result ^\[false,false,false\]$
register_tool("attack", function()
  local m, s = task.mutex(), task.semaphore(2)
  local why = {}
  m:lock()
  why[1] = pcall(m.lock, m)
  s:acquire()
  s:acquire()
  why[2] = pcall(s.acquire, s)
  why[3] = pcall(m.with, m, function() end)
  return why
end)
