-- These examples run in the zone Europe/Berlin.
local function clock(timer, zone) local t = timer:next() timer:cancel() return t and time.format(t, "%T", zone) end
local function day(timer) local t = timer:next() timer:cancel() return time.format(t, "%a") end
local oslo = {lat = 59.91, lon = 10.75}

clock(daily("07:00", print))                             --> 07:00:00
clock(daily("7:05", print))                              --> 07:05:00
clock(daily(" 23:59:59 ", print))                        --> 23:59:59
clock(daily("07:00", print, {zone = "UTC"}), "UTC")      --> 07:00:00
day(daily("07:00", print, {days = "sun"}))               --> Sun
day(daily("07:00", print, {days = "1"}))                 --> Mon
daily("07:00", print):next() - time.now() <= 25 * 3600   --> true
tostring(daily("sunset - 0:30", print, oslo))            --> timer (daily sunset - 0:30)
-- The sun rises after dawn, and sets before dusk. One of two times may be on the next day.
local dawn, rise = daily("dawn", print, oslo), daily("sunrise", print, oslo)
math.abs(rise:next() - dawn:next()) % 86400 > 600        --> true
(daily("sunset+01:30", print, oslo):next() - daily("Sunset", print, oslo):next() - 5400 + 300) % 86400 < 600 --> true
(daily("sunset-00:30:30", print, oslo):next() - daily("sunset", print, oslo):next() + 1830 + 300) % 86400 < 600 --> true
-- In Tromsø, the sun does not rise for weeks in winter, and does not set for weeks in summer.
daily("sunrise", print, {lat = 69.65, lon = 18.96}):next() - time.now() < 70 * 86400 --> true

daily("24:00", print)       --> bad argument #1 to daily ("24:00" is not a time of day such as 07:00, nor sunrise, sunset, dawn or dusk, possibly with an offset such as sunset-00:30)
daily("07:60", print)       --> bad argument #1 to daily ("07:60" is not a time of day such as 07:00, nor sunrise, sunset, dawn or dusk, possibly with an offset such as sunset-00:30)
daily("07", print)          --> bad argument #1 to daily ("07" is not a time of day such as 07:00, nor sunrise, sunset, dawn or dusk, possibly with an offset such as sunset-00:30)
daily("7:5", print)         --> bad argument #1 to daily ("7:5" is not a time of day such as 07:00, nor sunrise, sunset, dawn or dusk, possibly with an offset such as sunset-00:30)
daily("007:00", print)      --> bad argument #1 to daily ("007:00" is not a time of day such as 07:00, nor sunrise, sunset, dawn or dusk, possibly with an offset such as sunset-00:30)
daily("1:2:3:4", print)     --> bad argument #1 to daily ("1:2:3:4" is not a time of day such as 07:00, nor sunrise, sunset, dawn or dusk, possibly with an offset such as sunset-00:30)
daily("noon", print)        --> bad argument #1 to daily ("noon" is not a time of day such as 07:00, nor sunrise, sunset, dawn or dusk, possibly with an offset such as sunset-00:30)
daily("", print)            --> bad argument #1 to daily ("" is not a time of day such as 07:00, nor sunrise, sunset, dawn or dusk, possibly with an offset such as sunset-00:30)
daily("07:00+01:00", print) --> bad argument #1 to daily ("07:00+01:00" is not a time of day such as 07:00, nor sunrise, sunset, dawn or dusk, possibly with an offset such as sunset-00:30)
daily("sunset-30", print, oslo)    --> bad argument #1 to daily ("-30" is not an offset such as +00:30 or -1:00, up to 12:00)
daily("sunset+12:01", print, oslo) --> bad argument #1 to daily ("+12:01" is not an offset such as +00:30 or -1:00, up to 12:00)
daily("sunset", print)      --> bad argument #3 to daily (sunset needs the options lat and lon, the latitude and longitude in degrees)
daily("dawn", print, {lat = 1}) --> bad argument #3 to daily (dawn needs the options lat and lon, the latitude and longitude in degrees)
daily("sunset", print, {lat = 91, lon = 0}) --> bad argument #3 to daily (lat must be a number from -90 to 90, not 91)
daily("sunset", print, {lat = "x", lon = 0}) --> bad argument #3 to daily (lat must be a number from -90 to 90, not a string)
daily("sunset", print, {lat = 0, lon = 0/0}) --> bad argument #3 to daily (lon must be a number from -180 to 180, not NaN)
daily("07:00", print, {days = "never"}) --> bad argument #3 to daily (days: "never" is not *, a number from 0 to 7 or a name from sun to sat)
daily("07:00", print, {missed = "run"}) --> bad argument #3 to daily (missed = "run" needs a name, under which the time of the latest run is kept)
daily("07:00")              --> bad argument #2 to daily (function expected, got nil)
daily(7, print)             --> bad argument #1 to daily ("7" is not a time of day such as 07:00, nor sunrise, sunset, dawn or dusk, possibly with an offset such as sunset-00:30)

-- at runs once.
local function at_next(...) local timer = at(...) local t = timer:next() timer:cancel() return t and time.iso(t) end
at_next("2099-12-24 18:00", print)                       --> 2099-12-24T18:00:00+01:00
at_next("2099-12-24 18:00Z", print)                      --> 2099-12-24T19:00:00+01:00
at_next("2099-12-24", print, {zone = "UTC"})             --> 2099-12-24T01:00:00+01:00
at_next(4101814800, print)                               --> 2099-12-24T18:00:00+01:00
at_next("2020-12-24 18:00", print)                       --> nil
at_next(0, print)                                        --> nil
tostring(at(0, print)), tostring(at("2099-12-24", print)) --> timer (at 1970-01-01T00:00:00Z), timer (at 2099-12-24)
at("18:00", print)          --> bad argument #1 to at ("18:00" is not a date and time such as 2026-12-24 18:00: a year of 4 digits expected at byte 1)
at("2026-02-30", print)     --> bad argument #1 to at ("2026-02-30" is not a date and time such as 2026-12-24 18:00: the month does not have that day)
at(1e15, print)             --> bad argument #1 to at (a time from the year 1 to the year 9999 expected: seconds are meant, not milliseconds)
at({}, print)               --> bad argument #1 to at (a time in seconds since 1970, or a text such as 2026-12-24 18:00 expected, got table)
at(nil, print)              --> bad argument #1 to at (a time in seconds since 1970, or a text such as 2026-12-24 18:00 expected, got nil)
at(0)                       --> bad argument #2 to at (function expected, got nil)
at(0, print, {days = "*"})  --> bad argument #3 to at (there is no field 'days'; its fields are zone, name)
