-- These examples run in the zone Europe/Berlin.
local function show(t) return t and time.iso(t) end
local friday = time.parse("2026-12-25 12:00")

-- next returns the first time after a time.
show(cron.next("30 7 * * mon-fri", friday))              --> 2026-12-28T07:30:00+01:00
show(cron.next("30 7 * * *", friday, "Asia/Tokyo"))      --> 2026-12-25T23:30:00+01:00
show(cron.next("*/20 * * * * *", friday + 0.5))          --> 2026-12-25T12:00:20+01:00
show(cron.next("@yearly", friday))                       --> 2027-01-01T00:00:00+01:00
show(cron.next("30 2 * * *", time.parse("2026-03-29")))  --> 2026-03-29T03:00:00+02:00
show(cron.next("30 2 * * *", time.parse("2026-10-25")))  --> 2026-10-25T02:30:00+02:00
cron.next("* * * * *") - time.now() <= 60                --> true
cron.next("* * * * *", json.null, json.null) > time.now() --> true
cron.next("0 0 30 2 *")                                  --> nil
cron.next("x")                                           --> bad argument #1 to next (the expression has 1 fields; it must have 5 (minute, hour, day, month, day of the week), or 6 with the second first)
cron.next("* * * * *", "now")                            --> bad argument #2 to next (number expected, got string)
cron.next("* * * * *", 0, "Mars")                        --> bad argument #3 to next ("Mars" is not a time zone; Europe/Berlin and UTC are time zones)

-- valid says what is wrong.
cron.valid("0 9-17/2 1,15 jan-jun 1-5")                  --> true
cron.valid("@weekly")                                    --> true
cron.valid("60 * * * *")                                 --> nil, invalid: minute: "60" is not *, a number from 0 to 59, invalid
cron.valid("")                                           --> nil, invalid: the expression has 0 fields; it must have 5 (minute, hour, day, month, day of the week), or 6 with the second first, invalid
cron.valid("0 0 31 2 *")                                 --> nil, invalid: there is no such day in any year, invalid
cron.valid(("*"):rep(257))                               --> nil, invalid: the expression has 257 bytes; the maximum is 256, invalid
cron.valid(5)                                            --> nil, invalid: the expression has 1 fields; it must have 5 (minute, hour, day, month, day of the week), or 6 with the second first, invalid
cron.valid()                                             --> bad argument #1 to valid (string expected, got nil)

-- cron makes a timer.
local timer = cron("0 0 1 1 *", print)
timer:next() == cron.next("0 0 1 1 *")                   --> true
tostring(timer)                                          --> timer (cron "0 0 1 1 *")
timer:cancel()
timer:next()                                             --> nil
timer:restart()
timer:next() ~= nil                                      --> true
show(cron("0 0 1 1 *", print, {zone = "UTC"}):next()):sub(5) --> -01-01T01:00:00+01:00
cron("@daily", print, {zone = json.null, name = "x"}):next() ~= nil --> true
cron("x", print)                                         --> bad argument #1 to cron (the expression has 1 fields; it must have 5 (minute, hour, day, month, day of the week), or 6 with the second first)
cron("0 0 31 4 *", print)                                --> bad argument #1 to cron (there is no such day in any year)
cron("@reboot", print)                                   --> bad argument #1 to cron (@reboot is not one of @hourly, @daily, @weekly, @monthly, @yearly)
cron("* * * * *")                                        --> bad argument #2 to cron (function expected, got nil)
cron()                                                   --> bad argument #1 to cron (string expected, got nil)
cron("* * * * *", print, {zone = "Mars"})                --> bad argument #3 to cron (zone is "Mars", which is not a time zone)
cron("* * * * *", print, {zone = 1})                     --> bad argument #3 to cron (zone must be a string, not 1)
cron("* * * * *", print, {name = true})                  --> bad argument #3 to cron (name must be a string, not a boolean)
cron("* * * * *", print, {nam = "x"})                    --> bad argument #3 to cron (there is no field 'nam' (did you mean 'name'?); its fields are zone, name, missed)
getmetatable(cron)                                       --> cron
