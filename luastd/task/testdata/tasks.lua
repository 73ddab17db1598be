local function sum(a, b) sleep(0.001) return a + b, "both" end
local function forever() while true do pcall(sleep, 60) end end

-- wait returns what the function returned, again and again.
local t = task.spawn(sum, 1, 2)
tostring(t), t:status(), getmetatable(t)   --> task (running), running, task
t:wait()                                   --> 3, both
t:wait(), t:status()                       --> 3, done
task.spawn(function() end):wait()          --> 
task.spawn(function() return nil, "no lamp" end):wait()  --> nil, no lamp

-- A task that raises an error has failed.
local broken = task.spawn(function() error("no lamp") end)
broken:wait()                              --> nil, failed: no lamp, failed
broken:status()                            --> failed
task.spawn(error, { message = "no\nlamp" }):wait()  --> nil, failed: no lamp, failed
task.spawn(error, "", 0):wait()            --> nil, failed: , failed
task.spawn(error):wait()                   --> nil, failed: nil, failed

-- A timeout of wait does not end the task.
local slow = task.spawn(forever)
slow:wait(0.001)                           --> nil, timeout: after 0.001 s the task has not ended, timeout
slow:wait(0)                               --> nil, timeout: after 0 s the task has not ended, timeout
slow:status()                              --> running
slow:cancel()
slow:status()                              --> cancelled
slow:wait()                                --> nil, cancelled: the task was cancelled, cancelled
slow:status()                              --> cancelled
slow:cancel()

-- A task may be cancelled before it begins. A task that has ended is done.
local never = task.spawn(print, "never")
never:cancel()
never:wait()                               --> nil, cancelled: the task was cancelled, cancelled
t:cancel()
t:status()                                 --> done

-- Several tasks may wait for one.
local one = task.spawn(sum, 1, 1)
local waiting = {}
for i = 1, 3 do waiting[i] = task.spawn(function() return one:wait() + i end) end
table.concat(task.all(waiting), " ")       --> 3 4 5

-- self is the running task, also in a coroutine and in a handler.
local me
me = task.spawn(function() return task.self() == me, task.self() == task.self() end)
me:wait()                                  --> true, true
coroutine.wrap(function() return task.self() end)() == task.self()  --> true
task.self():status()                       --> running

-- A handler's task can be waited for. It has no values.
local handler = task.self()
local listener = task.spawn(function() return select("#", handler:wait()) end)

-- A task that cancels itself ends at once.
task.spawn(function() task.self():cancel() return "on" end):wait()  --> nil, cancelled: the task was cancelled, cancelled
task.spawn(function() task.check() return "not cancelled" end):wait()  --> not cancelled

-- yield lets the tasks run whose turn it is.
local order = {}
local function count(name) for i = 1, 3 do order[#order + 1] = name .. i task.yield() end end
local a, b = task.spawn(count, "a"), task.spawn(count, "b")
task.all{a, b} ~= nil, table.concat(order, " ")  --> true, a1 b1 a2 b2 a3 b3

-- Mistakes raise an error.
task.spawn()                               --> bad argument #1 to spawn (function expected, got nil)
task.self():wait()                         --> a task cannot wait for itself
t.wait()                                   --> bad argument #1 to wait (a task expected: use a colon, as in t:wait())
t.wait(task.queue())                       --> bad argument #1 to wait (a task expected: use a colon, as in t:wait())
t.cancel()                                 --> bad argument #1 to cancel (a task expected: use a colon, as in t:cancel())
t.status(1)                                --> bad argument #1 to status (a task expected: use a colon, as in t:status())
t:wait(5000)                               --> bad argument #2 to wait (the timeout must be at most 600, not 5000: seconds are meant, not milliseconds)
t:wait(-1)                                 --> bad argument #2 to wait (the timeout must be at least 0 seconds, not -1)
t:wait(0/0)                                --> bad argument #2 to wait (the timeout must be at least 0 seconds, not NaN)
t:wait("soon")                             --> bad argument #2 to wait (the timeout must be a number of seconds, not a string)
t:wait(json.null)                          --> 3, both
