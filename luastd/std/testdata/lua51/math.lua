math.abs(-5), math.abs(5), math.abs(-0.5), math.abs("-3") --> 5, 5, 0.5, 3
math.ceil(3.2), math.ceil(-3.2), math.ceil(3), math.floor(3.7), math.floor(-3.2), math.floor("3.7") --> 4, -3, 3, 3, -4, 3
math.sqrt(16), math.sqrt(2), math.exp(0), math.log(1), math.log10(1000), math.log10(1e-3), math.log10(2) --> 4, 1.4142135623731, 1, 0, 3, -3, 0.30102999566398
math.floor(math.log10(1000)), math.log10(0), math.log10(1e15), math.log10(10) --> 3, -inf, 15, 1
math.exp(1), math.log(10), math.log(0), math.pow(2, 10), math.pow(2, 0.5), math.pow(0, 0), math.pow(-2, 3) --> 2.718281828459, 2.302585092994, -inf, 1024, 1.4142135623731, 1, -8
math.sin(0), math.cos(0), math.tan(0), math.sin(1), math.cos(1), math.tan(1) --> 0, 1, 0, 0.8414709848079, 0.54030230586814, 1.5574077246549
math.asin(1), math.acos(1), math.atan(1), math.atan2(1, 1), math.atan2(-1, -1), math.atan2(0, -1) --> 1.5707963267949, 0, 0.78539816339745, 0.78539816339745, -2.3561944901923, 3.1415926535898
math.sinh(1), math.cosh(1), math.tanh(1) --> 1.1752011936438, 1.5430806348152, 0.76159415595576
math.deg(math.pi), math.rad(180), math.deg(1), math.rad(1) --> 180, 3.1415926535898, 57.295779513082, 0.017453292519943
math.pi, math.huge, -math.huge --> 3.1415926535898, inf, -inf
math.huge == 1 / 0, math.huge > 1e308 --> true, true
math.fmod(7, 3), math.fmod(-7, 3), math.fmod(7, -3), math.fmod(-6, 2), math.fmod(5.5, 2), math.fmod(1, math.huge) --> 1, -1, 1, -0, 1.5, 1
math.mod(7, 3), math.mod(-7, 3) --> 1, -1
math.modf(3.7) --> 3, 0.7
math.modf(-3.7) --> -3, -0.7
math.modf(5) --> 5, 0
math.modf(math.huge) --> inf, 0
math.modf(-math.huge) --> -inf, -0
math.modf("2.5") --> 2, 0.5
math.frexp(8) --> 0.5, 4
math.frexp(0) --> 0, 0
math.frexp(-0.3) --> -0.6, -1
math.frexp(1e300) --> 0.74661089480258, 997
math.ldexp(0.5, 4), math.ldexp(1, -1), math.ldexp(3, 2.9), math.ldexp(1, 5000), math.ldexp(1, -5000) --> 8, 0.5, 12, inf, 0
math.max(1, 2, 3), math.max(-1), math.max("10", 9), math.min(3, 1, 2), math.min(-math.huge, 0) --> 3, -1, 10, 1, -inf
math.max() --> bad argument #1 to 'max' (number expected, got no value)
math.min() --> bad argument #1 to 'min' (number expected, got no value)
math.max(1, "x") --> bad argument #2 to 'max' (number expected, got string)
math.min({}) --> bad argument #1 to 'min' (number expected, got table)
math.floor() --> bad argument #1 to 'floor' (number expected, got no value)
math.floor("x") --> bad argument #1 to 'floor' (number expected, got string)
math.floor({}) --> bad argument #1 to 'floor' (number expected, got table)
math.floor(nil) --> bad argument #1 to 'floor' (number expected, got nil)
math.fmod(1) --> bad argument #2 to 'fmod' (number expected, got no value)
math.pow(2) --> bad argument #2 to 'pow' (number expected, got no value)
math.atan2(1) --> bad argument #2 to 'atan2' (number expected, got no value)
math.ldexp(1) --> bad argument #2 to 'ldexp' (number expected, got no value)
math.random(0) --> bad argument #1 to 'random' (interval is empty)
math.random(-5) --> bad argument #1 to 'random' (interval is empty)
math.random(2, 1) --> bad argument #2 to 'random' (interval is empty)
math.random(1, 2, 3) --> wrong number of arguments
math.random("x") --> bad argument #1 to 'random' (number expected, got string)
math.random({}, 1) --> bad argument #1 to 'random' (number expected, got table)
math.random(1), math.random(5, 5), math.random("1", "1"), math.random(-3, -3) --> 1, 5, 1, -3
(function() for _ = 1, 200 do local r = math.random() if r < 0 or r >= 1 then return r end end return "ok" end)() --> ok
(function() for _ = 1, 200 do local r = math.random(6) if r < 1 or r > 6 or r % 1 ~= 0 then return r end end return "ok" end)() --> ok
(function() for _ = 1, 200 do local r = math.random(-2, 2) if r < -2 or r > 2 or r % 1 ~= 0 then return r end end return "ok" end)() --> ok
(function() local seen = {} for _ = 1, 500 do seen[math.random(3)] = true end return seen[1], seen[2], seen[3] end)() --> true, true, true
(function() math.randomseed(42) local a, b = math.random(1e6), math.random() math.randomseed(42) return a == math.random(1e6), b == math.random() end)() --> true, true
math.randomseed() --> bad argument #1 to 'randomseed' (number expected, got no value)
math.randomseed("x") --> bad argument #1 to 'randomseed' (number expected, got string)
(function() local r = math.floor return r({}) end)() --> bad argument #1 to 'r' (number expected, got table)
pcall(math.floor) --> false, bad argument #1 to '?' (number expected, got no value)
pcall(math.random, 0) --> false, bad argument #1 to '?' (interval is empty)
math.floor(2 ^ 60) == 2 ^ 60, math.floor(math.huge), math.ceil(-math.huge) --> true, inf, -inf
math.abs(-math.huge), math.sqrt(math.huge) --> inf, inf
math.floor(-0.5), math.ceil(-0.5), math.ceil(0.5) --> -1, -0, 1
