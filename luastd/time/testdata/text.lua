-- These examples run in the zone Europe/Berlin.
local t = 1798131600 -- 2026-12-24 18:00:00 in Berlin

-- format uses the conversions of os.date.
time.format(t, "%Y-%m-%d %H:%M:%S")          --> 2026-12-24 18:00:00
time.format(t, "%d. %B %y, %I %p")           --> 24. December 26, 06 PM
time.format(t, "%Z %z", "America/New_York")  --> EST -0500
time.format(t, "%Z", "UTC")                  --> UTC
time.format(t, "%H:%M", "CET-1CEST,M3.5.0,M10.5.0/3") --> 18:00
time.format(t, "100 %%")                     --> 100 %
time.format(t, "")                           --> 
time.format(t, "iso")                        --> 2026-12-24T18:00:00+01:00
time.format(t, "iso", "UTC")                 --> 2026-12-24T17:00:00Z
time.format(t, "http", "Asia/Tokyo")         --> Thu, 24 Dec 2026 17:00:00 GMT
time.format(-0.5, "%T", "UTC")               --> 23:59:59
time.format(t, "%F") == os.date("%F", t)     --> true
time.format(nil, "%Y") >= "2026"             --> true
time.format(json.null, "%Y") >= "2026"       --> true
time.format(-62135596800, "iso", "UTC")      --> 0001-01-01T00:00:00Z
time.format(253402300799, "iso", "UTC")      --> 9999-12-31T23:59:59Z

-- iso is in the zone of the machine.
time.iso(t)                                  --> 2026-12-24T18:00:00+01:00
time.iso(0)                                  --> 1970-01-01T01:00:00+01:00

-- Mistakes raise an error.
time.format(t, "%Q")                         --> bad argument #2 to format ("%Q" is not one of the conversions AaBbCcDdeFGgHhIjklMmnPpRrSsTtUuVWwXxYyZz%)
time.format(t, "%Y%")                        --> bad argument #2 to format ("%" is not one of the conversions AaBbCcDdeFGgHhIjklMmnPpRrSsTtUuVWwXxYyZz%)
time.format(t, ("x"):rep(1025))              --> bad argument #2 to format (the format has 1025 bytes; the maximum is 1024)
#time.format(t, ("x"):rep(1024))             --> 1024
time.format(t)                               --> bad argument #2 to format (string expected, got nil)
time.format("x", "%Y")                       --> bad argument #1 to format (number expected, got string)
time.format(t * 1000, "%Y")                  --> bad argument #1 to format (a time from the year 1 to the year 9999 expected: seconds are meant, not milliseconds)
time.format(0/0, "%Y")                       --> bad argument #1 to format (a time from the year 1 to the year 9999 expected: seconds are meant, not milliseconds)
time.format(-62135596801, "iso")             --> bad argument #1 to format (a time from the year 1 to the year 9999 expected: seconds are meant, not milliseconds)
time.format(t, "%Y", "Europe/Berln")         --> bad argument #3 to format ("Europe/Berln" is not a time zone; Europe/Berlin and UTC are time zones)
time.format(t, "%Y", 1)                      --> bad argument #3 to format ("1" is not a time zone; Europe/Berlin and UTC are time zones)

-- parse reads ISO 8601, and what format writes.
time.parse("2026-12-24 18:00") == t          --> true
time.parse("2026-12-24T17:00:00Z") == t      --> true
time.parse("20261224T170000.25Z") - t        --> 0.25
time.parse("2026-12-24 12:00", nil, "America/New_York") == t --> true
time.parse("2026-12-24T18:00", "iso") == t   --> true
time.parse("2026-12-24", json.null, json.null) == t - 18 * 3600 --> true
time.parse(time.format(t, "http"), "http") == t --> true
time.parse("24.12.26 18.00", "%d.%m.%y %H.%M") == t --> true
time.parse("12:00", "%R", "UTC") % 86400     --> 43200
time.iso(time.parse("2026-03-29 02:30"))     --> 2026-03-29T03:30:00+02:00
time.iso(time.parse("2026-10-25 02:30"))     --> 2026-10-25T02:30:00+02:00

-- A wrong text is not a mistake of the script.
time.parse("tomorrow")                       --> nil, invalid: "tomorrow" is not such a time: a year of 4 digits expected at byte 1, invalid
time.parse("2026-02-30")                     --> nil, invalid: "2026-02-30" is not such a time: the month does not have that day, invalid
time.parse("", "%Y")                         --> nil, invalid: "" is not such a time: a year of 4 digits expected at the end, invalid
time.parse("yesterday", "http")              --> nil, invalid: "yesterday" is not such a time: a time such as Thu, 24 Dec 2026 17:00:00 GMT expected, invalid
select(3, time.parse((" "):rep(257)))        --> invalid
time.parse()                                 --> bad argument #1 to parse (string expected, got nil)
time.parse("1", "%W")                        --> bad argument #2 to parse ("%W" is not one of the conversions AaBbDdeFHhIjkMmnPpRrSsTtXxYyz%)
time.parse("1", "%Y", "Mars")                --> bad argument #3 to parse ("Mars" is not a time zone; Europe/Berlin and UTC are time zones)

-- The result of parse is a time that the other functions accept.
time.iso(time.parse("0001-01-01T00:00Z"))    --> 0001-01-01T00:53:28+00:53
time.parse("0000-12-31T00:00Z")              --> nil, invalid: "0000-12-31T00:00Z" is not such a time: the year must be from 1 to 9999, invalid

-- zone is a name that can be used as a zone.
time.zone()                                  --> Europe/Berlin
time.format(t, "iso", time.zone()) == time.iso(t) --> true
