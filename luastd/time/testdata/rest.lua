-- These examples run in the zone Europe/Berlin.

-- human shows the two largest units.
time.human(0)                --> 0 s
time.human(0.04)             --> 0 s
time.human(-0.01)            --> 0 s
time.human(0.25)             --> 0.3 s
time.human(9.94)             --> 9.9 s
time.human(9.96)             --> 10 s
time.human(59.4)             --> 59 s
time.human(59.6)             --> 1 min
time.human(61)               --> 1 min 1 s
time.human(120)              --> 2 min
time.human(3590)             --> 59 min 50 s
time.human(3599.7)           --> 1 h
time.human(7500)             --> 2 h 5 min
time.human(7529)             --> 2 h 5 min
time.human(86399)            --> 1 d
time.human(84960)            --> 23 h 36 min
time.human(86400 * 3 + 3600 * 4.4) --> 3 d 4 h
time.human(86400 * 365)      --> 365 d
time.human(-90)              --> -1 min 30 s
time.human(1e15)             --> 11574074074 d 2 h
time.human(1.1e15)           --> bad argument #1 to human (seconds up to 1e15 expected)
time.human(0/0)              --> bad argument #1 to human (seconds up to 1e15 expected)
time.human("x")              --> bad argument #1 to human (number expected, got string)

-- now and monotonic have fractions.
math.abs(time.now() - os.time()) < 2         --> true
time.now() % 1 ~= time.monotonic() % 1       --> true
time.monotonic() <= time.monotonic()         --> true
time.monotonic() < 1e6                       --> true
type(time.synced())                          --> boolean

-- sun is about the day of t in the zone of the machine.
local berlin = time.sun(52.52, 13.405, time.parse("2026-12-21 23:59"))
local function clock(t) return t and os.date("%d %H:%M", t) end
clock(berlin.dawn), clock(berlin.rise), clock(berlin.noon), clock(berlin.set), clock(berlin.dusk), berlin.up --> 21 07:33, 21 08:14, 21 12:04, 21 15:53, 21 16:35, nil
clock(time.sun(52.52, 13.405, time.parse("2026-12-22 00:00")).noon)      --> 22 12:04
local tokyo = time.sun(35.68, 139.69, time.parse("2026-06-21 12:00"))
clock(tokyo.rise), clock(tokyo.noon), clock(tokyo.set)                   --> 20 21:25, 21 04:42, 21 12:00
local summer, winter = time.parse("2026-06-21 12:00"), time.parse("2026-12-21 12:00")
local tromso = time.sun(69.65, 18.96, winter)
tromso.up, tromso.rise, tromso.set, clock(tromso.noon), clock(tromso.dawn) --> never, nil, nil, 21 11:42, 21 09:31
local always = time.sun(69.65, 18.96, summer)
always.up, always.rise, always.set, always.dawn, always.dusk             --> always, nil, nil, nil, nil
time.sun(-90, 180, summer).up                --> never
time.sun(52, 13).noon > time.now() - 86400   --> true
time.sun(52, 13, json.null).noon ~= nil      --> true
time.sun(0, 0, 253402300799).noon ~= nil     --> true
time.sun(0, 0, -62135596800).noon ~= nil     --> true
time.sun(91, 0)                              --> bad argument #1 to sun (degrees from -90 to 90 expected)
time.sun(0, -180.5)                          --> bad argument #2 to sun (degrees from -180 to 180 expected)
time.sun(0/0, 0)                             --> bad argument #1 to sun (degrees from -90 to 90 expected)
time.sun(52)                                 --> bad argument #2 to sun (number expected, got nil)
