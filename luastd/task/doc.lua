task = {}

---@class moonlark.Task
local Task = {}

---Waits until the task has ended.
---@param timeout? number seconds, from 0 to 600; default: no limit
---@return any ... what the function returned; or nil, a reason, and "failed", "cancelled" or "timeout"
function Task:wait(timeout) end

---Ends the task at its next instruction, or ends its wait. pcall does not catch that.
function Task:cancel() end

---Returns the state of the task.
---@return "running" | "done" | "failed" | "cancelled"
function Task:status() end

---@class moonlark.Queue
local Queue = {}

---Puts a value into the queue. Waits while the queue is full.
---@param v any not nil
---@param timeout? number seconds, from 0 to 600; default: no limit
---@return true?
---@return string? reason
---@return string? code "timeout" or "closed"
function Queue:put(v, timeout) end

---Takes the oldest value out of the queue. Waits while the queue is empty.
---@param timeout? number seconds, from 0 to 600; default: no limit
---@return any v nil after the timeout, and when the queue is closed and empty
---@return string? reason
---@return string? code "timeout" or "closed"
function Queue:get(timeout) end

---Puts a value into the queue without waiting. Returns false if the queue is full or closed.
---@param v any not nil
---@return boolean
function Queue:try(v) end

---Returns an iterator of the values: for v in q:items() do ... end. Ends when the queue is closed and empty.
---@return fun(): any
function Queue:items() end

---Closes the queue. The values in it can still be taken.
function Queue:close() end

---Returns the number of values in the queue.
---@return integer
function Queue:size() end

---@class moonlark.Mutex
local Mutex = {}

---Waits until no other task holds the mutex, and locks it.
---@param timeout? number seconds, from 0 to 600; default: no limit
---@return true?
---@return string? reason
---@return string? code "timeout"
function Mutex:lock(timeout) end

---Unlocks the mutex, which the running task has locked.
function Mutex:unlock() end

---Calls fn(...) while it holds the mutex.
---@param fn fun(...): ...
---@param ... any
---@return any ... what fn returned
function Mutex:with(fn, ...) end

---@class moonlark.Semaphore
local Semaphore = {}

---Waits until fewer than n acquisitions are held, and acquires the semaphore.
---@param timeout? number seconds, from 0 to 600; default: no limit
---@return true?
---@return string? reason
---@return string? code "timeout"
function Semaphore:acquire(timeout) end

---Releases the semaphore once, which the running task has acquired.
function Semaphore:release() end

---Calls fn(...) while it holds the semaphore.
---@param fn fun(...): ...
---@param ... any
---@return any ... what fn returned
function Semaphore:with(fn, ...) end

---@class moonlark.TaskEvent
local Event = {}

---Sets the event. The tasks that wait for it go on.
---@param v? any what wait returns; default: true
function Event:set(v) end

---Makes the event not set.
function Event:clear() end

---Waits until the event is set.
---@param timeout? number seconds, from 0 to 600; default: no limit
---@return any v nil after the timeout
---@return string? reason
---@return string? code "timeout"
function Event:wait(timeout) end

---Runs fn(...) as a task.
---@param fn fun(...): ...
---@param ... any
---@return moonlark.Task
function task.spawn(fn, ...) end

---Returns the running task.
---@return moonlark.Task
function task.self() end

---Runs the functions at the same time and waits for all of them. The first failure cancels the others.
---@param list (moonlark.Task | fun(): ...)[] functions or tasks
---@param options? { timeout: number, limit: integer } timeout: in seconds, default none; limit: how many functions run at the same time, default 16
---@return any[]? results the first result of each, in order
---@return string? reason
---@return string? code "timeout", "failed", "cancelled", "full", or the code that the function returned
function task.all(list, options) end

---Runs the functions at the same time and waits for all of them. A failure does not cancel the others.
---@param list (moonlark.Task | fun(): ...)[] functions or tasks
---@param options? { timeout: number, limit: integer } timeout: in seconds, default none; limit: how many functions run at the same time, default 16
---@return { ok: boolean, value: any, reason: string?, code: string? }[]
function task.settle(list, options) end

---Runs the functions at the same time and waits for the first that succeeds. The others are cancelled.
---@param list (moonlark.Task | fun(): ...)[] functions or tasks
---@param options? { timeout: number, limit: integer } timeout: in seconds, default none; limit: how many functions run at the same time, default 16
---@return any value the first result; nil if all have failed
---@return integer | string index the index in the list, or the reason of the last failure
---@return string? code "timeout", "failed", "cancelled", "full", or the code that the function returned
function task.race(list, options) end

---Runs fn(value, index) for each value at the same time and waits for all. The first failure cancels the others.
---@param list any[]
---@param fn fun(value: any, index: integer): any
---@param options? { timeout: number, limit: integer } timeout: in seconds, default none; limit: how many functions run at the same time, default 16
---@return any[]? results the first result of each, in order
---@return string? reason
---@return string? code "timeout", "failed", "cancelled", "full", or the code that fn returned
function task.map(list, fn, options) end

---Runs fn(...) and cancels it if it has not ended after that time.
---@param seconds number from 0.01 to 600
---@param fn fun(...): ...
---@param ... any
---@return any ... what fn returned; or nil, a reason, and "timeout", "failed", "cancelled" or "full"
function task.timeout(seconds, fn, ...) end

---Calls fn() until it succeeds, at most n times.
---@param n integer from 1 to 1000
---@param fn fun(): ...
---@param options? { wait: number, factor: number } wait: seconds before the second call, default 1; factor: multiplies each wait to give the next, default 2
---@return any ... what fn returned; or nil, the reason and the code of the last failure
function task.retry(n, fn, options) end

---Makes a queue for values.
---@param size? integer from 1 to 100000; default 100
---@return moonlark.Queue
function task.queue(size) end

---Makes a mutex, which one task at a time can hold.
---@return moonlark.Mutex
function task.mutex() end

---Makes a semaphore, which can be held n times at the same time.
---@param n integer from 1 to 1000
---@return moonlark.Semaphore
function task.semaphore(n) end

---Makes an event, which tasks can wait for.
---@return moonlark.TaskEvent
function task.event() end

---Lets the other tasks run whose turn it is.
function task.yield() end

---Raises an error if the running task has been cancelled.
function task.check() end
