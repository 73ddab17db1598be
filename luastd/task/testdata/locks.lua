local m = task.mutex()
tostring(m), getmetatable(m)               --> mutex (unlocked), mutex
m:lock(), tostring(m)                      --> true, mutex (locked)

-- Only the task that holds the mutex can unlock it. Another task waits.
task.spawn(m.unlock, m):wait()             --> nil, failed: the task has not acquired the mutex, failed
task.spawn(function() return m:lock(0.001) end):wait()  --> nil, timeout: after 0.001 s the mutex is still not free, timeout
task.spawn(function() return m:lock(0) end):wait()  --> nil, timeout: after 0 s the mutex is still not free, timeout
m:lock()                                   --> the task would wait for itself: it has acquired the mutex already
m:unlock()                                 --> 
m:unlock()                                 --> the task has not acquired the mutex

-- with returns what the function returned, and unlocks even after an error.
m:with(function(...) return tostring(m), ... end, 1, nil)  --> mutex (locked), 1, nil
m:with(error, "oops", 0)                   --> oops
tostring(m)                                --> mutex (unlocked)
m:with(function() m:unlock() end)          --> 
tostring(m)                                --> mutex (unlocked)
m:with(function() m:with(print) end)       --> the task would wait for itself: it has acquired the mutex already

-- with keeps out the other tasks, and they come in the order in which they began to wait.
local order, inside, together = {}, 0, 0
local function work(i)
  return m:with(function()
    inside = inside + 1
    together = math.max(together, inside)
    sleep(0.001)
    order[#order + 1] = i
    inside = inside - 1
    return i
  end)
end
table.concat(task.map({1, 2, 3, 4, 5}, work), " "), table.concat(order, " "), together  --> 1 2 3 4 5, 1 2 3 4 5, 1

-- A mutex is free again when the task that holds it is cancelled or ends.
local holder = task.spawn(function() m:lock() sleep(60) end)
local inWith = task.spawn(function() m:with(function() while true do pcall(sleep, 60) end end) end)
local last = task.spawn(function() return m:with(function() return "last" end) end)
task.yield()
holder:cancel()
inWith:cancel()
last:wait(60)                              --> last
task.spawn(function() m:lock() end):wait() --> 
task.spawn(function() m:lock() error("oops") end):wait()  --> nil, failed: oops, failed
tostring(m)                                --> mutex (unlocked)

-- A waiter that is cancelled does not keep the mutex, even if it has just got it.
m:lock()                                   --> true
local waiting = task.spawn(function() m:lock() end)
task.yield()
waiting:cancel()
m:unlock()                                 --> 
waiting:wait()                             --> nil, cancelled: the task was cancelled, cancelled
tostring(m)                                --> mutex (unlocked)
m:lock()                                   --> true
waiting = task.spawn(function() m:lock() end)
task.yield()
m:unlock()                                 --> 
waiting:cancel()
waiting:wait()                             --> nil, cancelled: the task was cancelled, cancelled
tostring(m)                                --> mutex (unlocked)

-- A semaphore can be acquired n times.
local s = task.semaphore(2)
tostring(s), getmetatable(s)               --> semaphore (2 of 2 free), semaphore
s:acquire(), s:acquire(), tostring(s)      --> true, true, semaphore (0 of 2 free)
s:acquire()                                --> the task would wait for itself: it has acquired the semaphore already
task.spawn(function() return s:acquire(0.001) end):wait()  --> nil, timeout: after 0.001 s the semaphore is still not free, timeout
s:release()
s:release()
s:release()                                --> the task has not acquired the semaphore
s:with(tostring, s)                        --> semaphore (1 of 2 free)
task.spawn(function() s:acquire() s:acquire() end):wait()  --> 
tostring(s)                                --> semaphore (2 of 2 free)
local running, highest = 0, 0
local function count()
  running = running + 1
  highest = math.max(highest, running)
  sleep(0.001)
  running = running - 1
end
local jobs = {}
for i = 1, 10 do jobs[i] = function() return s:with(count) end end
#task.settle(jobs), highest, tostring(s)   --> 10, 2, semaphore (2 of 2 free)

-- An event
local e = task.event()
tostring(e), getmetatable(e)               --> event (not set), event
e:wait(0.001)                              --> nil, timeout: after 0.001 s the event is still not set, timeout
local listeners = {task.spawn(e.wait, e), task.spawn(e.wait, e)}
task.yield()
e:set("go")
e:clear()
table.concat(task.all(listeners), " ")     --> go go
e:wait(0)                                  --> nil, timeout: after 0 s the event is still not set, timeout
e:set()
e:wait(), e:wait(), tostring(e)            --> true, true, event (set)
e:set(false)
e:wait()                                   --> false

-- Mistakes raise an error.
m.lock()                                   --> bad argument #1 to lock (a mutex or a semaphore expected: use a colon, as in m:lock() or s:acquire())
m.with(print)                              --> bad argument #1 to with (a mutex or a semaphore expected: use a colon, as in m:with(fn))
m:with()                                   --> bad argument #2 to with (function expected, got nil)
m:lock(5000)                               --> bad argument #2 to lock (the timeout must be at most 600, not 5000: seconds are meant, not milliseconds)
s.release()                                --> bad argument #1 to release (a mutex or a semaphore expected: use a colon, as in m:unlock() or s:release())
e.set()                                    --> bad argument #1 to set (an event expected: use a colon, as in e:set(v))
e.clear(m)                                 --> bad argument #1 to clear (an event expected: use a colon, as in e:clear())
e.wait(1)                                  --> bad argument #1 to wait (an event expected: use a colon, as in e:wait())
task.semaphore()                           --> bad argument #1 to semaphore (number expected, got nil)
task.semaphore(0)                          --> bad argument #1 to semaphore (a whole number from 1 to 1000 expected, got 0)
task.semaphore(1001)                       --> bad argument #1 to semaphore (a whole number from 1 to 1000 expected, got 1001)
