local q = task.queue(2)
tostring(q), getmetatable(q)               --> queue (0 of 2), queue
q:put("a"), q:put(false), q:size()         --> true, true, 2

-- put waits while the queue is full, get while it is empty.
q:put("c", 0.001)                          --> nil, timeout: after 0.001 s the queue is still full, timeout
q:put("c", 0)                              --> nil, timeout: after 0 s the queue is still full, timeout
q:try("c")                                 --> false
local putting = task.spawn(function() return q:put("c") end)
task.yield()
q:get(), q:get(), q:get(), q:size()        --> a, false, c, 0
putting:wait()                             --> true
q:get(0.001)                               --> nil, timeout: after 0.001 s the queue is still empty, timeout
q:get(0)                                   --> nil, timeout: after 0 s the queue is still empty, timeout
q:try("d"), q:get(0)                       --> true, d

-- Values are not copied, and json.null is a value.
local value = {}
q:put(value), q:get() == value             --> true, true
q:put(json.null), q:get() == json.null     --> true, true

-- Tasks get values in the order in which they began to wait.
local got = {}
local function get(name)
  local v = q:get()
  got[#got + 1] = name .. v
end
local tasks = {task.spawn(get, "x"), task.spawn(get, "y")}
task.yield()
q:put(1), q:put(2), task.all(tasks) ~= nil, table.concat(got, " ")  --> true, true, true, x1 y2

-- A get that is cancelled loses no value, and a put that is cancelled puts none.
local getting = task.spawn(get, "z")
task.yield()
q:put(3)
getting:cancel()
getting:wait()                             --> nil, cancelled: the task was cancelled, cancelled
q:get(0)                                   --> 3
local first, second = task.spawn(get, "first "), task.spawn(get, "second ")
task.yield()
q:put(4)
first:cancel()
second:wait(60)                            --> 
got[#got]                                  --> second 4
q:put(1), q:put(2)                         --> true, true
putting = task.spawn(function() return q:put(3) end)
task.yield()
putting:cancel()
putting:wait()                             --> nil, cancelled: the task was cancelled, cancelled
q:get(), q:get(), q:get(0)                 --> 1, 2, nil, timeout: after 0 s the queue is still empty, timeout

-- After close, the values in the queue can still be taken.
local open = task.queue(1)
local items = {}
local reader = task.spawn(function() for v in open:items() do items[#items + 1] = v end return "end" end)
for i = 1, 5 do open:put(i) end
local writer = task.spawn(function() sleep(0) return open:try("late") end)
open:close()
open:close()
reader:wait(), table.concat(items, " ")    --> end, 1 2 3 4 5
writer:wait()                              --> false
open:get()                                 --> nil, closed: the queue has been closed, closed
open:put(1)                                --> nil, closed: the queue has been closed, closed
open:items()()                             --> nil
local full = task.queue(1)
full:put("last")                           --> true
writer = task.spawn(function() return full:put("never") end)
task.yield()
full:close()
tostring(full)                             --> queue (1 of 1, closed)
writer:wait()                              --> nil, closed: the queue has been closed, closed
full:get(), full:size()                    --> last, 0

-- Mistakes raise an error.
q:put(nil)                                 --> bad argument #2 to put (nil cannot be put into a queue)
q:try()                                    --> bad argument #2 to try (nil cannot be put into a queue)
q.put(1)                                   --> bad argument #1 to put (a queue expected: use a colon, as in q:put(v))
q.try(1)                                   --> bad argument #1 to try (a queue expected: use a colon, as in q:try(v))
q.get()                                    --> bad argument #1 to get (a queue expected: use a colon, as in q:get())
q.items()                                  --> bad argument #1 to items (a queue expected: use a colon, as in for v in q:items() do)
q.close()                                  --> bad argument #1 to close (a queue expected: use a colon, as in q:close())
q.size()                                   --> bad argument #1 to size (a queue expected: use a colon, as in q:size())
q:put(1, 5000)                             --> bad argument #3 to put (the timeout must be at most 600, not 5000: seconds are meant, not milliseconds)
task.queue(0)                              --> bad argument #1 to queue (a whole number from 1 to 100000 expected, got 0)
task.queue(100001)                         --> bad argument #1 to queue (a whole number from 1 to 100000 expected, got 100001)

-- The default size is 100, the maximum 100,000.
local n = 0
local default = task.queue()
while default:try(1) do n = n + 1 end
n                                          --> 100
local large = task.queue(100000)
n = 0
while large:try(n) do n = n + 1 end
n                                          --> 100000
local inOrder = true
for i = 0, n - 1 do inOrder = inOrder and large:get() == i end
inOrder, large:size()                      --> true, 0
