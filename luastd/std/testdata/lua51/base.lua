-- type and tostring
type(nil) --> nil
type(1), type("x"), type({}), type(print), type(true) --> number, string, table, function, boolean
type(function() end) --> function
type() --> bad argument #1 to 'type' (value expected)
tostring(nil), tostring(true), tostring(12), tostring("x") --> nil, true, 12, x
tostring() --> bad argument #1 to 'tostring' (value expected)
tostring(setmetatable({}, {__tostring = function() return "me" end})) --> me
tostring(setmetatable({}, {__tostring = function() return 12 end})) == 12 --> true
tostring(setmetatable({}, {__tostring = setmetatable({}, {__call = function() return "called" end})})) --> called
tostring(print):match("^%a+: ") ~= nil --> true
tostring({}):match("^table: ") ~= nil --> true
_VERSION --> Lua 5.1
_G._G == _G --> true

-- tonumber reads numbers as Lua code does, and in other bases.
tonumber("10"), tonumber(" 10 "), tonumber("\t10\n"), tonumber("10\v"), tonumber("10\f\r") --> 10, 10, 10, 10, 10
tonumber("1e3"), tonumber("1E3"), tonumber("1e+3"), tonumber("1e-3"), tonumber("1e") --> 1000, 1000, 1000, 0.001, nil
tonumber("0x10"), tonumber("0XfF"), tonumber("-0x10"), tonumber(" 0x10 "), tonumber("0x"), tonumber("0xg") --> 16, 255, -16, 16, nil, nil
tonumber(".5"), tonumber("5."), tonumber("."), tonumber("0.5e1"), tonumber("-.5") --> 0.5, 5, nil, 5, -0.5
tonumber("+5"), tonumber("-5"), tonumber("+-5"), tonumber("--5"), tonumber("- 5") --> 5, -5, nil, nil, nil
tonumber(""), tonumber(" "), tonumber("x"), tonumber("1x"), tonumber("1 2"), tonumber("1_000") --> nil, nil, nil, nil, nil, nil
tonumber("inf"), tonumber("-inf"), tonumber("infinity"), tonumber("1e999"), tonumber("-1e999") --> inf, -inf, inf, inf, -inf
tonumber("0x1p4"), tonumber("0x.8"), tonumber("0b1"), tonumber("010"), tonumber("1e0x10") --> 16, 0.5, nil, 10, nil
tonumber("1\0"), tonumber("\0001") --> 1, nil
tonumber(nil), tonumber(true), tonumber({}), tonumber(12), tonumber(12.5) --> nil, nil, nil, 12, 12.5
tonumber() --> bad argument #1 to 'tonumber' (value expected)
tonumber("10", 2), tonumber("10", 8), tonumber("10", 10), tonumber("10", 16), tonumber("10", 36) --> 2, 8, 10, 16, 36
tonumber("ff", 16), tonumber("FF", 16), tonumber("0xff", 16), tonumber("zz", 36), tonumber("ZZ", 36) --> 255, 255, 255, 1295, 1295
tonumber("8", 8), tonumber("2", 2), tonumber("a", 10), tonumber("g", 16), tonumber("", 16), tonumber(" ", 2) --> nil, nil, nil, nil, nil, nil
tonumber(" 101 ", 2), tonumber("1 1", 2), tonumber("+11", 2), tonumber("1e1", 16), tonumber("1.5", 16) --> 5, nil, 3, 481, nil
tonumber("ffffffffffffffffffff", 16), tonumber("1.5", 10), tonumber("1e1", 10), tonumber(7, 8) --> 1.844674407371e+19, 1.5, 10, 7
tonumber("7", "8"), tonumber(11, 2) --> 7, 3
tonumber("10", 1) --> bad argument #2 to 'tonumber' (base out of range)
tonumber("10", 37) --> bad argument #2 to 'tonumber' (base out of range)
tonumber({}, 16) --> bad argument #1 to 'tonumber' (string expected, got table)
tonumber(nil, 16) --> bad argument #1 to 'tonumber' (string expected, got nil)
tonumber("10", "x") --> bad argument #2 to 'tonumber' (number expected, got string)
tonumber({}, 10), tonumber(nil, 10) --> nil, nil

-- Numbers are written with 14 digits.
tostring(0.1 + 0.2), tostring(1 / 3), tostring(100 / 3), tostring(2 ^ 0.5) --> 0.3, 0.33333333333333, 33.333333333333, 1.4142135623731
tostring(1e14), tostring(1e15), tostring(123456789012345), tostring(2 ^ 53), tostring(-2 ^ 53) --> 1e+14, 1e+15, 1.2345678901234e+14, 9.007199254741e+15, -9.007199254741e+15
tostring(99999999999999), tostring(100000000000000), tostring(-99999999999999) --> 99999999999999, 1e+14, -99999999999999
tostring(1e100), tostring(1e-5), tostring(0.0001), tostring(1e-300), tostring(5e-324) --> 1e+100, 1e-05, 0.0001, 1e-300, 4.9406564584125e-324
tostring(1 / 0), tostring(-1 / 0), tostring(0 / 0):match("nan") --> inf, -inf, nan
tostring(3.0), tostring(-0), tostring(0 * -1), tostring(1e2), tostring(12345.678) --> 3, -0, -0, 100, 12345.678
tostring(123456789.12345678), tostring(1234567890123.5), tostring(1e15 / 3) --> 123456789.12346, 1234567890123.5, 3.3333333333333e+14

-- assert, error, pcall, xpcall
assert(1, 2, 3) --> 1, 2, 3
assert(false) --> assertion failed!
assert(nil, "why") --> why
assert(nil, 42) --> 42
assert(false, {}) --> bad argument #2 to 'assert' (string expected, got table)
assert() --> bad argument #1 to 'assert' (value expected)
assert(0), assert("") --> 0, 
pcall(error, "x") --> false, x
pcall(error) --> false, nil
pcall(error, nil) --> false, nil
pcall(error, 42) --> false, 42
type(select(2, pcall(error, {1}))) --> table
pcall(error, "x", 0) --> false, x
select("#", pcall(error)) --> 2
pcall(function() error("x", 0) end) --> false, x
select(2, pcall(function() error({code = 7}) end)).code --> 7
type(select(2, pcall(error, {}))) --> table
select(2, pcall(function() error(12) end)):match("12") --> 12
select(2, pcall(function() error("m", 1) end)):match(":%d+: m$") ~= nil --> true
(function() local function f() error("deep", 2) end local ok, m = pcall(function() f() end) return (m:gsub("^.-:(%d+):.*", "line")) end)() --> line
pcall(function(...) return select("#", ...), ... end, 1, nil, 3) --> true, 3, 1, nil, 3
pcall(nil) --> false, attempt to call a nil value
pcall(12) --> false, attempt to call a number value
pcall({}) --> false, attempt to call a table value
pcall(setmetatable({}, {__call = function(_, x) return x end}), 5) --> true, 5
xpcall(function() return 1, 2 end, print) --> true, 1, 2
xpcall(function() error("x", 0) end, function(m) return m .. "!" end) --> false, x!
xpcall(function() error({7}, 0) end, function(m) return m[1] end) --> false, 7
xpcall(function() local x = nil; x() end, function(m) return "handled" end) --> false, handled
pcall(pcall, error, "e") --> true, false, e
pcall(error, setmetatable({}, {__tostring = function() return "obj" end})) --> false, obj
(function() local ok, e = pcall(error, nil) return ok, e end)() --> false, nil

-- select and unpack
select("#"), select("#", nil, nil), select("#", 1, nil) --> 0, 2, 2
select(1, "a", "b", "c") --> a, b, c
select(2, "a", "b", "c") --> b, c
select(4, "a", "b", "c") --> 
select(-1, "a", "b", "c") --> c
select(-3, "a", "b", "c") --> a, b, c
select("2", "a", "b", "c") --> b, c
select(2.9, "a", "b", "c") --> b, c
select(0) --> bad argument #1 to 'select' (index out of range)
select(-1) --> bad argument #1 to 'select' (index out of range)
select(-4, "a", "b", "c") --> bad argument #1 to 'select' (index out of range)
select("x") --> bad argument #1 to 'select' (number expected, got string)
select({}) --> bad argument #1 to 'select' (number expected, got table)
unpack({1, 2, 3}) --> 1, 2, 3
unpack({1, 2, 3}, 2) --> 2, 3
unpack({1, 2, 3}, 2, 3) --> 2, 3
unpack({1, 2, 3}, 2, 5) --> 2, 3, nil, nil
unpack({1, 2, 3}, -1, 1) --> nil, nil, 1
unpack({}, 1, 3) --> nil, nil, nil
unpack({1, 2}, 3) --> 
unpack({1, nil, 3}, 1, 3) --> 1, nil, 3
unpack({1, 2}, "1", "2") --> 1, 2
select("#", unpack({}, 1, 7997)) --> 7997
unpack({}, 1, 8000) --> too many results to unpack
unpack({}, 1, 1e6) --> too many results to unpack
unpack() --> bad argument #1 to 'unpack' (table expected, got no value)
unpack("x") --> bad argument #1 to 'unpack' (table expected, got string)

-- next, pairs, ipairs
next({}), next({10}) --> nil, 1, 10
next({}, nil) --> nil
next() --> bad argument #1 to 'next' (table expected, got no value)
next("x") --> bad argument #1 to 'next' (table expected, got string)
(function() local n = 0 local t = {} for k in pairs({1, 2, a = 3}) do t[#t + 1] = k end return #t end)() --> 3
(function() local s = 0 for _, v in pairs({1, 2, 3, x = 4}) do s = s + v end return s end)() --> 10
(function() local s = "" for i, v in ipairs({"a", "b", nil, "d"}) do s = s .. i .. v end return s end)() --> 1a2b
(function() local t = {1, 2, 3} for k in pairs(t) do t[k] = nil end return next(t) end)() --> nil
(function() local f, t, z = pairs({}) return f == next, type(t), z end)() --> false, table, nil
(function() local f, t, z = ipairs({}) return type(f), type(t), z end)() --> function, table, 0
pairs() --> bad argument #1 to 'pairs' (table expected, got no value)
pairs(nil) --> bad argument #1 to 'pairs' (table expected, got nil)
ipairs() --> bad argument #1 to 'ipairs' (table expected, got no value)
ipairs(12) --> bad argument #1 to 'ipairs' (table expected, got number)
ipairs(setmetatable({}, {__index = function(_, i) if i < 4 then return i end end}))(setmetatable({}, {__index = {1}}), 0) --> 

-- raw access and metatables
rawget({5}, 1), rawget(setmetatable({}, {__index = {x = 1}}), "x") --> 5, nil
rawset({}, "x", 1).x --> 1
rawset(setmetatable({}, {__newindex = error}), "x", 1).x --> 1
rawset({}, nil, 1) --> table index is nil
rawset({}, 0 / 0, 1) --> table index is NaN
rawget(1, 1) --> bad argument #1 to 'rawget' (table expected, got number)
rawget({}) --> bad argument #2 to 'rawget' (value expected)
rawset({}, 1) --> bad argument #3 to 'rawset' (value expected)
rawequal("a", "a"), rawequal({}, {}), rawequal(1, 1), rawequal(1, "1"), rawequal(0 / 0, 0 / 0) --> true, false, true, false, false
rawequal(1) --> bad argument #2 to 'rawequal' (value expected)
rawequal(setmetatable({}, {__eq = function() return true end}), {}) --> false
getmetatable({}), getmetatable(setmetatable({}, {__metatable = "locked"})) --> nil, locked
getmetatable(1), getmetatable(nil), getmetatable(print) --> nil, nil, nil
getmetatable() --> bad argument #1 to 'getmetatable' (value expected)
setmetatable({}, {x = 1}) ~= nil --> true
getmetatable(setmetatable({}, {x = 5})).x --> 5
getmetatable(setmetatable(setmetatable({}, {}), nil)) --> nil
setmetatable({}) --> bad argument #2 to 'setmetatable' (nil or table expected)
setmetatable({}, 1) --> bad argument #2 to 'setmetatable' (nil or table expected)
setmetatable(1, {}) --> bad argument #1 to 'setmetatable' (table expected, got number)
setmetatable("x", {}) --> bad argument #1 to 'setmetatable' (table expected, got string)
setmetatable() --> bad argument #1 to 'setmetatable' (table expected, got no value)
setmetatable(setmetatable({}, {__metatable = false}), {}) --> cannot change a protected metatable
setmetatable(setmetatable({}, {__metatable = "locked"}), nil) --> cannot change a protected metatable

-- environments
getfenv() == _G, getfenv(1) == _G, getfenv(0) == _G, getfenv(print) == _G --> true, true, true, true
(function() local f = function() return answer end setfenv(f, {answer = 42}) return f(), answer, getfenv(f).answer end)() --> 42, nil, 42
(function() setfenv(1, {x = 5}) return x end)() --> 5
(function() local f = setfenv(function() return function() return y end end, {y = 6}) return f()() end)() --> 6
setfenv(function() return 7 end, {})() --> 7
setfenv(print, {}) --> 'setfenv' cannot change environment of given object
setfenv(1) --> bad argument #2 to 'setfenv' (table expected, got no value)
setfenv(1, 2) --> bad argument #2 to 'setfenv' (table expected, got number)
setfenv({}, {}) --> bad argument #1 to 'setfenv' (number expected, got table)
setfenv(100, {}) --> bad argument #1 to 'setfenv' (invalid level)
getfenv(-1) --> bad argument #1 to 'getfenv' (level must be non-negative)
getfenv(100) --> bad argument #1 to 'getfenv' (invalid level)
getfenv({}) --> bad argument #1 to 'getfenv' (number expected, got table)

-- load and loadstring
loadstring("return 1 + 1")() --> 2
loadstring("return ...")(1, 2) --> 1, 2
loadstring("")() --> 
loadstring("return 'abc") --> nil, [string "return 'abc"]:1: unfinished string near '<eof>'
loadstring() --> bad argument #1 to 'loadstring' (string expected, got no value)
loadstring({}) --> bad argument #1 to 'loadstring' (string expected, got table)
loadstring("local a <const> = 1", "=n") == nil --> true
loadstring("error('e')", "=chunk") ~= nil --> true
pcall(loadstring("error('e')", "=chunk")) --> false, chunk:1: e
pcall(loadstring("error('e')", "@chunk.x")) --> false, chunk.x:1: e
pcall(loadstring("error('e')")) --> false, [string "error('e')"]:1: e
pcall(loadstring("error('e')\n\n")) --> false, [string "error('e')..."]:1: e
pcall(loadstring("\nerror('e')", "line one\nline two")) --> false, [string "line one..."]:2: e
pcall(loadstring("error('e')", ("long"):rep(30))) --> false, [string "longlonglonglonglonglonglonglonglonglonglon..."]:1: e
pcall(loadstring("error('e')", "=" .. ("long"):rep(30))) --> false, longlonglonglonglonglonglonglonglonglonglonglonglonglonglon:1: e
pcall(loadstring("error('e')", "@" .. ("long"):rep(30))) --> false, ...longlonglonglonglonglonglonglonglonglonglonglonglong:1: e
pcall(loadstring("--xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx\nerror('e')")) --> false, [string "--xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx..."]:2: e
pcall(loadstring("  error('e') --xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx")) --> false, [string "  error('e') --xxxxxxxxxxxxxxxxxxxxxxxxxxxx..."]:1: e
load(function() return nil end)() --> 
(function() local parts = {"return ", "4", "2"} local i = 0 return load(function() i = i + 1 return parts[i] end)() end)() --> 42
(function() local n = 0 return load(function() n = n + 1 if n == 1 then return "return 7" end return "" end)() end)() --> 7
load(function() error("reader", 0) end) --> nil, reader
load("return 1") --> bad argument #1 to 'load' (function expected, got string)
load() --> bad argument #1 to 'load' (function expected, got no value)
pcall(load(function() error("x") end) or error, "no") --> false, no
pcall((load((function() local t = {"error('e')"} return function() return table.remove(t) end end)()))) --> false, (load):1: e
pcall((load((function() local t = {"error('e')"} return function() return table.remove(t) end end)(), "=named"))) --> false, named:1: e
(function() loadstring("made = 5")() local m = made made = nil return m end)() --> 5
getfenv(loadstring("")) == _G --> true

-- collectgarbage
collectgarbage(), collectgarbage("collect"), collectgarbage("stop"), collectgarbage("restart") --> 0, 0, 0, 0
type(collectgarbage("count")), collectgarbage("count") > 0 --> number, true
collectgarbage("nothing") --> bad argument #1 to 'collectgarbage' (invalid option 'nothing')
collectgarbage({}) --> bad argument #1 to 'collectgarbage' (string expected, got table)
type(gcinfo()) --> number

-- A text that gopher-lua's compiler cannot handle is refused before it is compiled.
loadstring("return 'a", "=n") --> nil, n:1: unfinished string near '<eof>'
loadstring(("("):rep(300), "=n") --> nil, n:1: chunk has too many syntax levels
loadstring("return " .. ("not "):rep(300) .. "1", "=n") --> nil, n:1: chunk has too many syntax levels
