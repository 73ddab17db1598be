local ended = {}
local function after(seconds, v) return function() sleep(seconds) ended[#ended + 1] = v return v end end
local function fail() return nil, "busy: the lamp is busy", "busy" end
local function crash() error("no lamp") end
local function show(list, ...) if list then return json.encode(json.array(list)) end return list, ... end
local function forever() while true do pcall(sleep, 60) end end

-- all returns the first results in the order of the list.
show(task.all{after(0.1, "a"), after(0.001, "b")})  --> ["a","b"]
table.concat(ended)                        --> ba
show(task.all{})                           --> []
show(task.all{task.spawn(after(0.001, 1)), after(0, 2)})  --> [1,2]
local done = task.spawn(after(0, 1))
done:wait()                                --> 1
show(task.all{done, done})                 --> [1,1]
local holes = task.all{function() end, after(0, 2)}
holes[1], holes[2]                         --> nil, 2

-- The first failure cancels the others, also those that have not begun.
local other = task.spawn(forever)
task.all({forever, fail, other, forever}, {limit = 2})  --> nil, busy: the lamp is busy, busy
other:status()                             --> cancelled
task.all{crash}                            --> nil, failed: no lamp, failed
task.all{function() return nil, "no lamp" end}  --> nil, failed: no lamp, failed
task.all{function() return nil, {} end} ~= nil  --> true
task.all{function() return nil, "failed: no lamp", false end}  --> nil, failed: no lamp, failed
task.all{function() return nil, "busy: the lamp is busy" end}  --> nil, busy: the lamp is busy, busy
task.all{function() return nil, "lamp: it is broken", "broken" end}  --> nil, broken: lamp: it is broken, broken
task.all{other}                            --> nil, cancelled: the task was cancelled, cancelled
task.all({after(0, 1), forever}, {timeout = 0.2})  --> nil, timeout: 1 of 2 functions have not ended after 0.2 s, timeout

-- limit is how many functions run at the same time.
local running, highest = 0, 0
local function count(v)
  running = running + 1
  highest = math.max(highest, running)
  sleep(0.001)
  running = running - 1
  return v * 2
end
local hundred = {}
for i = 1, 100 do hundred[i] = i end
local doubled = task.map(hundred, count)
#doubled, doubled[100], highest, running   --> 100, 200, 16, 0
highest = 0
#task.map(hundred, count, {limit = 3}), highest  --> 100, 3

-- map passes the value and its index.
show(task.map({"a", "b"}, function(v, i) return v .. i end))  --> ["a1","b2"]
show(task.map({}, print))                  --> []
task.map({1, 2}, function(v) if v == 2 then return nil, "odd only" end forever() end)  --> nil, failed: odd only, failed
task.map({1}, forever, {timeout = 0.01})   --> nil, timeout: 1 of 1 functions have not ended after 0.01 s, timeout

-- settle does not fail.
show(task.settle{after(0, 1), fail, crash})  --> [{"ok":true,"value":1},{"ok":false,"code":"busy","reason":"busy: the lamp is busy"},{"ok":false,"code":"failed","reason":"failed: no lamp"}]
show(task.settle{function() return nil, "constraint: the name is taken" end})  --> [{"ok":false,"code":"constraint","reason":"constraint: the name is taken"}]
show(task.settle({after(0, 1), forever}, {timeout = 0.2}))  --> [{"ok":true,"value":1},{"ok":false,"code":"timeout","reason":"timeout: 1 of 2 functions have not ended after 0.2 s"}]
show(task.settle{})                        --> []

-- race returns the first success and its index.
task.race{after(5, "slow"), after(0.001, "fast"), fail}  --> fast, 2
table.concat(ended):find("slow")           --> nil
task.race{fail, crash}                     --> nil, failed: no lamp, failed
task.race({forever}, {timeout = 0.01})     --> nil, timeout: 1 of 1 functions have not ended after 0.01 s, timeout
task.race({after(0.001, "a"), after(0, "b")}, {limit = 1})  --> a, 1
task.race{function() end, forever}         --> nil, 1

-- timeout
task.timeout(5, function(...) return ... end, 1, 2)  --> 1, 2
task.timeout(0.02, forever)                --> nil, timeout: the function has not ended after 0.02 s, timeout
task.timeout(5, fail)                      --> nil, busy: the lamp is busy, busy
task.timeout(5, crash)                     --> nil, failed: no lamp, failed

-- retry
local calls = 0
local function third() calls = calls + 1 if calls < 3 then error("not yet") end return "third", calls end
task.retry(3, third, {wait = 0.001})       --> third, 3
calls = 0
task.retry(2, third, {wait = 0})           --> nil, failed: not yet, failed
calls                                      --> 2
task.retry(2, fail, {wait = 0})            --> nil, busy: the lamp is busy, busy
task.retry(1, function() return nil end)   --> nil
local start = os.clock()
task.retry(3, fail, {wait = 0.01, factor = 1})  --> nil, busy: the lamp is busy, busy

-- At most 200 tasks run at a time.
local many = {}
for i = 1, 200 do many[i] = task.spawn(forever) end
task.spawn(print)                          --> task.spawn: more than 200 tasks
task.all{print}                            --> nil, full: more than 200 tasks, full
task.timeout(1, print)                     --> nil, full: more than 200 tasks, full
show(task.settle{print, print})            --> [{"ok":false,"code":"full","reason":"full: more than 200 tasks"},{"ok":false,"code":"full","reason":"full: more than 200 tasks"}]
for i = 1, 200 do many[i]:cancel() end
#task.settle(many)                         --> 200
show(task.all{after(0, 1)})                --> [1]

-- Mistakes raise an error.
task.all()                                 --> bad argument #1 to all (table expected, got nil)
task.all{print, 5}                         --> bad argument #1 to all (list[2] must be a function or a task, not a number)
task.all{task.mutex()}                     --> bad argument #1 to all (list[1] must be a function or a task, not a userdata)
task.all{task.self()}                      --> a task cannot wait for itself
task.all({}, {limt = 1})                   --> bad argument #2 to all (there is no field 'limt' (did you mean 'limit'?); its fields are timeout, limit)
task.all({}, {limit = 0})                  --> bad argument #2 to all (limit must be a whole number from 1 to 200, not 0)
task.all({}, {limit = 201})                --> bad argument #2 to all (limit must be a whole number from 1 to 200, not 201)
task.all({}, {timeout = 5000})             --> bad argument #2 to all (timeout must be at most 600, not 5000: seconds are meant, not milliseconds)
task.all({}, {timeout = 0})                --> bad argument #2 to all (timeout must be at least 0.01 seconds, not 0)
task.race{}                                --> bad argument #1 to race (the list is empty)
task.map({1})                              --> bad argument #2 to map (function expected, got nil)
local long = {}
for i = 1, 10001 do long[i] = print end
task.all(long)                             --> bad argument #1 to all (the list has 10001 values; the maximum is 10000)
task.map(long, print)                      --> bad argument #1 to map (the list has 10001 values; the maximum is 10000)
task.timeout(5000, print)                  --> bad argument #1 to timeout (the timeout must be at most 600, not 5000: seconds are meant, not milliseconds)
task.timeout(0, print)                     --> bad argument #1 to timeout (the timeout must be at least 0.01 seconds, not 0)
task.timeout(1)                            --> bad argument #2 to timeout (function expected, got nil)
task.retry(0, print)                       --> bad argument #1 to retry (a whole number from 1 to 1000 expected, got 0)
task.retry(1001, print)                    --> bad argument #1 to retry (a whole number from 1 to 1000 expected, got 1001)
task.retry(1, print, {wait = 601})         --> bad argument #3 to retry (wait must be at most 600, not 601: seconds are meant, not milliseconds)
task.retry(1, print, {factor = 0.5})       --> bad argument #3 to retry (factor must be a number from 1 to 10, not 0.5)
