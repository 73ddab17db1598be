os.time({year = 2020, month = 1, day = 1, hour = 0}), os.time({year = 2020, month = 1, day = 1}) --> 1577836800, 1577880000
os.time({year = 2020, month = 1, day = 1, hour = 12}) == os.time({year = 2020, month = 1, day = 1}) --> true
os.time({year = 2020, month = 14, day = -3, hour = 25, min = 61, sec = -1}) --> 1611885659
os.time({year = "2020", month = "1", day = " 1 "}), os.time({year = 2020.9, month = 1, day = 1}) --> 1577880000, 1577880000
os.time({year = 2020, month = 2, day = 30}) == os.time({year = 2020, month = 3, day = 1}) --> true
os.time({year = 1970, month = 1, day = 1, hour = 0, sec = 86400}), os.time({year = 1960, month = 1, day = 1, hour = 0}) --> 86400, -315619200
os.time({year = 2020, month = 1}) --> field 'day' missing in date table
os.time({year = 2020}) --> field 'day' missing in date table
os.time({}) --> field 'day' missing in date table
os.time({year = "x", month = 1, day = 1}) --> field 'year' missing in date table
os.time(5) --> bad argument #1 to 'time' (table expected, got number)
type(os.time()), os.time() % 1, os.time(nil) >= 1.6e9 --> number, 0, true
os.date("!%Y-%m-%d %H:%M:%S", 0), os.date("!%Y-%m-%d %H:%M:%S", 1e9), os.date("!%Y", -1) --> 1970-01-01 00:00:00, 2001-09-09 01:46:40, 1969
os.date("!%c", 1e9) --> Sun Sep  9 01:46:40 2001
os.date("!%x %X %p %y", 1e9) --> 09/09/01 01:46:40 AM 01
os.date("!%a %A %b %B %h", 1e9) --> Sun Sunday Sep September Sep
os.date("!%d %e %j %m %H %I %M %S", 1e9) --> 09  9 252 09 01 01 46 40
os.date("!%U %W %V %G %g %u %w", 1e9), os.date("!%U %W %V %G", 0), os.date("!%U %W %V %G", 1609459200), os.date("!%U %W %V", 1230768000) --> 36 36 36 2001 01 7 0, 00 00 01 1970, 00 00 53 2020, 00 00 01
os.date("!%D %F %R %T %r %C %k %l %s", 1e9), os.date("!%I %p %l %r", 12 * 3600), os.date("!%I %p", 0) --> 09/09/01 2001-09-09 01:46 01:46:40 01:46:40 AM 20  1  1 1000000000, 12 PM 12 12:00:00 PM, 12 AM
os.date("!%Z %z", 1e9) --> GMT +0000
os.date("!%% %n %t|", 0) --> % \n 	|
os.date("!%", 0), os.date("!%Q %E %1", 0), os.date("!plain", 0), os.date("!", 0), os.date("", 0) --> %, %Q %E %1, plain, , 
os.date("!%Ex %Od", 0) --> %Ex %Od
os.date("!%c", "1000000000"), os.date("!%c", 1000000000.9) --> Sun Sep  9 01:46:40 2001, Sun Sep  9 01:46:40 2001
(function() local t = os.date("!*t", 1e9) return t.year, t.month, t.day, t.hour, t.min, t.sec, t.wday, t.yday, t.isdst end)() --> 2001, 9, 9, 1, 46, 40, 1, 252, false
(function() local n = 0 for _ in pairs(os.date("*t")) do n = n + 1 end return n end)() --> 9
os.time(os.date("*t", 1234567890)), os.date("!*t", 0).yday, os.date("!*t", 86400 * 365 * 2 + 86400 * 59).yday --> 1234567890, 1, 60
os.date("!*t", 1709164800).yday, os.date("!*t", 1735603200).yday --> 60, 366
os.date("!%j", 1735603200), os.date("!%Y", 1e11), os.date("!%Y", -1e11) --> 366, 5138, -1199
os.date("*t", 1e300), os.date("!%c", -1e300) --> nil, nil
os.date("!*tx", 0), os.date("!x*t", 0) --> *tx, x*t
os.date({}) --> bad argument #1 to 'date' (string expected, got table)
os.date("!%c", "x") --> bad argument #2 to 'date' (number expected, got string)
type(os.date()), #os.date("%c") --> string, 24
os.difftime(10, 4), os.difftime(10), os.difftime("10", 2.5) --> 6, 10, 8
os.difftime() --> bad argument #1 to 'difftime' (number expected, got no value)
os.difftime("x") --> bad argument #1 to 'difftime' (number expected, got string)
type(os.clock()), os.clock() >= 0 --> number, true
os.getenv("MOONLARK_NO_SUCH_NAME") --> nil
os.getenv() --> bad argument #1 to 'getenv' (string expected, got no value)
os.getenv({}) --> bad argument #1 to 'getenv' (string expected, got table)
