---Waits for that time. Other handlers of the script run meanwhile.
---@param seconds number
function sleep(seconds) end

---@class moonlark.Timer
local Timer = {}

---Prevents further runs. A run that has begun continues.
function Timer:cancel() end

---Starts the timer anew: the seconds begin now, or the next run is the next one of the schedule. Also after the last run and after cancel.
function Timer:restart() end

---Returns the time of the next run, in seconds since 1970. It is nil if there is none.
---@return number?
function Timer:next() end

---Runs fn once, after that time.
---@param seconds number
---@param fn fun()
---@return moonlark.Timer
function after(seconds, fn) end

---Runs fn each time that time has passed.
---@param seconds number
---@param fn fun()
---@return moonlark.Timer
function every(seconds, fn) end

---Runs fn(...) as a task of its own.
---@param fn fun(...)
---@param ... any
function spawn(fn, ...) end

---cron(expression, fn, options) runs fn(t) at the times of a cron expression; t is the time of the run, in seconds since 1970.
---expression: minute, hour, day, month, day of the week, such as "30 7 * * mon-fri"; or 6 fields with the second first; or @hourly, @daily, @weekly, @monthly, @yearly.
---options: zone, such as "Europe/Berlin", default the zone of the machine; name, for the log; missed, "run" makes up for a run that was missed while the program did not run.
---@class moonlark.cron
---@overload fun(expression: string, fn: fun(t: number), options?: { zone: string, name: string, missed: "skip"|"run" }): moonlark.Timer
cron = {}

---Returns the first time of a cron expression after from, in seconds since 1970. It is nil if there is none.
---@param expression string
---@param from? number default: now
---@param zone? string such as "Europe/Berlin"; default: the zone of the machine
---@return number?
function cron.next(expression, from, zone) end

---Returns true if cron accepts the expression.
---@param expression string
---@return true? ok nil when the expression is wrong
---@return string? reason
---@return string? code "invalid"
function cron.valid(expression) end

---Runs fn(t) each day; t is the time of the run, in seconds since 1970.
---@param time string "07:00", or "sunrise", "sunset", "dawn" or "dusk", possibly with an offset such as "sunset-00:30"
---@param fn fun(t: number)
---@param options? { zone: string, days: string, lat: number, lon: number, name: string, missed: "skip"|"run" } zone: such as "Europe/Berlin", default the zone of the machine; days: such as "mon-fri", default every day; lat, lon: the place in degrees, for the sun; name: for the log; missed: "run" makes up for a run that was missed while the program did not run
---@return moonlark.Timer
function daily(time, fn, options) end

---Runs fn(t) once, at time t. A time that has passed is never reached.
---@param time number|string seconds since 1970, or a text such as "2026-12-24 18:00"
---@param fn fun(t: number)
---@param options? { zone: string, name: string } zone: of a text without an offset, default the zone of the machine; name: for the log
---@return moonlark.Timer
function at(time, fn, options) end

---Returns a function. fn runs once, that long after the last call of the function, with the arguments of the last call.
---@param seconds number
---@param fn fun(...)
---@return fun(...)
function debounce(seconds, fn) end

---Returns a function that calls fn with its arguments and returns the results of fn. It does nothing if it has called fn less than so many seconds ago.
---@param seconds number
---@param fn fun(...): any
---@return fun(...): any
function throttle(seconds, fn) end
