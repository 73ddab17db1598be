-- These examples run in the zone Europe/Berlin.
local t = 1798131600 -- 2026-12-24 18:00:00 in Berlin
local function show(date)
    return ("%04d-%02d-%02d %02d:%02d:%02d %d %d %s %s %d"):format(date.year, date.month, date.day, date.hour,
        date.min, date.sec, date.wday, date.yday, tostring(date.isdst), date.zone, date.offset)
end

-- date has the fields of os.date("*t"), the zone and the offset.
show(time.date(t))                           --> 2026-12-24 18:00:00 5 358 false Europe/Berlin 3600
show(time.date(t, "UTC"))                    --> 2026-12-24 17:00:00 5 358 false UTC 0
show(time.date(1784700000.75))               --> 2026-07-22 08:00:00 4 203 true Europe/Berlin 7200
show(time.date(-0.25, "UTC"))                --> 1969-12-31 23:59:59 4 365 false UTC 0
time.date().year >= 2026                     --> true
time.date(t, "Europe")                       --> bad argument #2 to date ("Europe" is not a time zone; Europe/Berlin and UTC are time zones)

-- of is the inverse of date.
time.of({year = 2026, month = 12, day = 24, hour = 18}) == t --> true
time.of({year = 2026, month = 12, day = 24, hour = 17}, "UTC") == t --> true
time.of(time.date(t, "Asia/Kathmandu")) == t --> true
time.of(time.date(t, "UTC"), "Europe/Berlin") == t - 3600 --> true
time.iso(time.of{year = 2026})               --> 2026-01-01T00:00:00+01:00
time.iso(time.of{year = 2026, month = 7})    --> 2026-07-01T00:00:00+02:00
time.iso(time.of{year = 2026, month = 1, day = 32, hour = -1}) --> 2026-01-31T23:00:00+01:00
time.of({year = 1970, sec = 1.5}, "UTC")     --> 1.5
time.of({year = 1970, sec = -1.5}, "UTC")    --> -1.5
time.iso(time.of{year = 2026, month = 3, day = 29, hour = 2, min = 30}) --> 2026-03-29T03:30:00+02:00
time.iso(time.of{year = 2026, month = 10, day = 25, hour = 2, min = 30}) --> 2026-10-25T02:30:00+02:00
time.iso(time.of{year = 2026, month = 10, day = 25, hour = 2, min = 30, offset = 3600}) --> 2026-10-25T02:30:00+01:00
time.iso(time.of{year = 2026, month = 12, day = 25, hour = 2, offset = 7200}) --> 2026-12-25T02:00:00+01:00
time.iso(time.of{year = 2026, day = json.null, zone = json.null}) --> 2026-01-01T00:00:00+01:00

time.of{}                                    --> bad argument #1 to of (the field 'year' is missing)
time.of()                                    --> bad argument #1 to of (table expected, got nil)
time.of(2026)                                --> bad argument #1 to of (table expected, got number)
time.of{year = 2026, minute = 1}             --> bad argument #1 to of (there is no field 'minute'; its fields are year, month, day, hour, min, sec, wday, yday, isdst, zone, offset)
time.of{year = 2026.5}                       --> bad argument #1 to of (year must be a whole number from -2147483647 to 2147483647, not 2026.5)
time.of{year = "2026"}                       --> bad argument #1 to of (year must be a whole number from -2147483647 to 2147483647, not a string)
time.of{year = 2026, sec = 1e10}             --> bad argument #1 to of (sec must be a number from -2147483647 to 2147483647, not 10000000000)
time.of{year = 2026, zone = "Mars"}          --> bad argument #1 to of (zone is "Mars", which is not a time zone)
time.of{year = 2026, zone = 1}               --> bad argument #1 to of (zone must be a string, not 1)
time.of{year = 10000, month = 2}             --> the result is not from the year 1 to the year 9999
time.of{year = 2147483647, month = 2147483647, day = 2147483647} --> the result is not from the year 1 to the year 9999
time.of{year = -2147483647}                  --> the result is not from the year 1 to the year 9999

-- add moves by the calendar, and then by the clock.
time.iso(time.add(t, {days = 1}))            --> 2026-12-25T18:00:00+01:00
time.iso(time.add(t, {weeks = -1}))          --> 2026-12-17T18:00:00+01:00
time.iso(time.add(t, {months = 7}))          --> 2027-07-24T18:00:00+02:00
time.iso(time.add(t, {years = 1, months = -1, days = 2, hours = 1, minutes = 2, seconds = 3})) --> 2027-11-26T19:02:03+01:00
time.add(t, {}) == t                         --> true
time.add(t + 0.25, {days = 1}) - t           --> 86400.25
time.add(0, {hours = 0.5, minutes = 0.5, seconds = -0.5}) --> 1829.5
time.add(0, {seconds = -1.5})                --> -1.5
time.add()                                   --> bad argument #2 to add (table expected, got nil)
math.abs(time.add(nil, {seconds = 5}) - time.now() - 5) < 1 --> true

-- A month that does not have the day ends earlier.
local january = time.of{year = 2024, month = 1, day = 31, hour = 12}
time.iso(time.add(january, {months = 1}))    --> 2024-02-29T12:00:00+01:00
time.iso(time.add(january, {months = 13}))   --> 2025-02-28T12:00:00+01:00
time.iso(time.add(january, {months = -2}))   --> 2023-11-30T12:00:00+01:00
time.iso(time.add(january, {months = 1, days = 1})) --> 2024-03-01T12:00:00+01:00
time.iso(time.add(time.of{year = 2024, month = 2, day = 29}, {years = 1})) --> 2025-02-28T00:00:00+01:00

-- A day can have 23 or 25 hours.
local march, october = time.parse("2026-03-28 12:00"), time.parse("2026-10-24 12:00")
(time.add(march, {days = 1}) - march) / 3600 --> 23
(time.add(october, {days = 1}) - october) / 3600 --> 25
(time.add(march, {days = 1}, "UTC") - march) / 3600 --> 24
time.iso(time.add(march, {hours = 24}))      --> 2026-03-29T13:00:00+02:00
time.iso(time.add(time.parse("2026-03-28 02:30"), {days = 1})) --> 2026-03-29T03:30:00+02:00

-- A move by days does not leave the hour that comes twice.
local second = time.parse("2026-10-25 02:30+01:00")
time.iso(time.add(second, {}))               --> 2026-10-25T02:30:00+01:00
time.iso(time.add(second, {hours = -1}))     --> 2026-10-25T02:30:00+02:00

time.add(t, {day = 1})                       --> bad argument #2 to add (there is no field 'day' (did you mean 'days'?); its fields are years, months, weeks, days, hours, minutes, seconds)
time.add(t, {days = 1.5})                    --> bad argument #2 to add (days must be a whole number from -2147483647 to 2147483647, not 1.5)
time.add(t, {hours = 1e300})                 --> bad argument #2 to add (hours must be a number from -2147483647 to 2147483647, not 1e+300)
time.add(t, {hours = 0/0})                   --> bad argument #2 to add (hours must be a number from -2147483647 to 2147483647, not NaN)
time.add(t, {years = 9000})                  --> the result is not from the year 1 to the year 9999
time.add(t, {years = -2147483647})           --> the result is not from the year 1 to the year 9999
time.add(t, {days = 2147483647})             --> the result is not from the year 1 to the year 9999
time.add(t, {hours = 2147483647, minutes = 2147483647, seconds = 2147483647}) --> the result is not from the year 1 to the year 9999
time.add(t, {days = 1}, "Mars")              --> bad argument #3 to add ("Mars" is not a time zone; Europe/Berlin and UTC are time zones)
