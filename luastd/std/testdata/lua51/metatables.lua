local V = {}
V.__index = V
local function v(x) return setmetatable({x = x}, V) end
V.__add = function(a, b) return "add" end
V.__sub = function(a, b) return "sub" end
V.__mul = function(a, b) return "mul" end
V.__div = function(a, b) return "div" end
V.__mod = function(a, b) return "mod" end
V.__pow = function(a, b) return "pow" end
V.__unm = function(a) return "unm" end
V.__concat = function(a, b) return "concat" end
V.__eq = function(a, b) return a.x == b.x end
V.__lt = function(a, b) return a.x < b.x end
V.__le = function(a, b) return a.x <= b.x end
V.__call = function(self, ...) return "call", select("#", ...), ... end
V.__tostring = function(self) return "v" .. self.x end
V.__len = function() return 99 end
function V:name() return "name of " .. self.x end

-- Operators use the metatable of either operand.
v(1) + v(2), v(1) + 1, 1 + v(1), "a" + v(1), v(1) + nil --> add, add, add, add, add
v(1) - 1, v(1) * 1, v(1) / 1, v(1) % 1, v(1) ^ 1, -v(1) --> sub, mul, div, mod, pow, unm
v(1) .. v(2), v(1) .. "s", "s" .. v(1), 1 .. v(1), "a" .. "b" .. v(1) --> concat, concat, concat, concat, aconcat
v(1) == v(1), v(1) == v(2), v(1) ~= v(1), v(1) == 1, v(1) ~= "x" --> true, false, false, false, true
v(1) < v(2), v(2) < v(1), v(1) <= v(1), v(1) > v(2), v(1) >= v(2) --> true, false, true, false, false
v(1)(5, nil, 7) --> call, 3, 5, nil, 7
v(1)() --> call, 0
v(3):name(), v(3).x, v(3).none --> name of 3, 3, nil
tostring(v(4)) --> v4
v(1) < 1 --> attempt to compare table with number
1 <= v(1) --> attempt to compare number with table

-- Without __le, Lua 5.1 calls __lt with the operands exchanged.
(function() local m = {__lt = function(a, b) return a.x < b.x end} local a, b = setmetatable({x = 1}, m), setmetatable({x = 2}, m) return a <= b, b <= a, a >= b end)() --> true, false, false
(function() local a, b = setmetatable({}, {__eq = function() return true end}), setmetatable({}, {__eq = function() return true end}) return a == b end)() --> false

-- __index and __newindex
setmetatable({}, {__index = {a = 1}}).a, setmetatable({}, {__index = function(t, k) return k .. "!" end}).b --> 1, b!
setmetatable({a = 5}, {__index = {a = 1}}).a, setmetatable({}, {__index = setmetatable({}, {__index = {deep = 7}})}).deep --> 5, 7
setmetatable({}, {__index = function(t, k) return 1, 2 end}).x --> 1
(function() local log = {} local t = setmetatable({}, {__newindex = log}) t.a = 1 return rawget(t, "a"), log.a end)() --> nil, 1
(function() local t = setmetatable({}, {__newindex = function(t, k, v) rawset(t, k, v * 2) end}) t.a = 5 t.a = 7 return t.a end)() --> 7
(function() local t = setmetatable({a = 1}, {__newindex = error}) t.a = 2 return t.a end)() --> 2
(function() local t = setmetatable({}, {__newindex = function() end}) t.x = 1 return t.x end)() --> nil
(function() local t = setmetatable({}, {__index = function(t, i) return i * 10 end}) return t[1], t[2], #t, rawget(t, 1) end)() --> 10, 20, 0, nil
(function() local A = {} A.__index = A function A.new(x) return setmetatable({x = x}, A) end function A:get() return self.x end local B = setmetatable({}, {__index = A}) B.__index = B local o = setmetatable({x = 9}, B) return o:get(), A.new(3):get() end)() --> 9, 3
(function() local t = setmetatable({}, {__call = function(self, a) return a end}) return pcall(t, 4) end)() --> true, 4
(function() local t = setmetatable({}, {__call = function(self, a) return self, a end}) local s, a = t(4) return s == t, a end)() --> true, 4
("x").len == string.len, ("abc"):len(), ("x").y --> true, 3, nil
getmetatable("").__index == string or getmetatable("") == "string" --> true
setmetatable({}, {__metatable = 5}) ~= nil, getmetatable(setmetatable({}, {__metatable = 5})) --> true, 5
(function() local t = setmetatable({}, {__concat = function(a, b) return type(a) .. type(b) end}) return t .. 1, 1 .. t, t .. t end)() --> tablenumber, numbertable, tabletable
(function() local t = setmetatable({}, {__add = function(a, b) return 1, 2 end}) return t + 1 end)() --> 1
(function() local p = setmetatable({}, {__mode = "k"}) return getmetatable(p).__mode end)() --> k
(function() local t = setmetatable({}, {__index = function(_, k) error("no " .. k, 0) end}) return t.x end)() --> no x
(function() local ro = setmetatable({}, {__newindex = function(_, k) error("read-only " .. k, 0) end}) ro.a = 1 end)() --> read-only a
(function() local t = setmetatable({}, {__eq = function() error("not asked") end}) return t == t, t == {}  end)() --> true, false
(function() local m = {__eq = function() return true end} return setmetatable({}, m) == setmetatable({}, m), setmetatable({}, m) ~= setmetatable({}, m) end)() --> true, false
(function() local m = {__lt = function() return 1 end, __le = function() return nil end} local a, b = setmetatable({}, m), setmetatable({}, m) return a < b, a <= b end)() --> true, false
