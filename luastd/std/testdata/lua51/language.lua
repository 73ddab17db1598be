-- arithmetic
1 + 2, 7 - 10, 3 * 4, 7 / 2, 2 ^ 10, 2 ^ 0.5, -2 ^ 2, 2 ^ 3 ^ 2 --> 3, -3, 12, 3.5, 1024, 1.4142135623731, -4, 512
7 % 3, -7 % 3, 7 % -3, -7 % -3, 5.5 % 2, -5.5 % 2, 5 % 1 --> 1, 2, -2, -1, 1.5, 0.5, 0
1 / 0, -1 / 0, (0 / 0) ~= (0 / 0) --> inf, -inf, true
"10" + 5, "3" * "4", " 7 " - 1, "0x10" + 0, "1e1" + 0, -"2", 10 .. 20 --> 15, 12, 6, 16, 10, -2, 1020
1 + 1 == 2, 0.1 + 0.2 == 0.3, 1e15 + 1, 2 ^ 53 == 2 ^ 53 + 1 --> true, false, 1e+15, true
0xff, 0XA, 1e3, .5, 3., 3e-2, 0xffffffff --> 255, 10, 1000, 0.5, 3, 0.03, 4294967295

-- comparison
1 < 2, 2 <= 2, 3 > 4, 3 >= 4, "a" < "b", "a" < "B", "" < "a", "a\0b" > "a", "Z" < "a", "10" < "9" --> true, true, false, false, true, false, true, true, true, true
1 == 1.0, "1" == 1, nil == false, {} == {}, print == print, "a" == "a" --> true, false, false, false, true, true
1 ~= 2, "a" ~= "a", 0 == -0, 1 / 0 == math.huge --> true, false, true, true
1 < "2" --> attempt to compare number with string
{} < 1 --> attempt to compare table with number
nil < 1 --> attempt to compare nil with number

-- logical operators
nil and 1, false and 1, 0 and 1, "" and 1, nil or 1, false or nil, false or false, 1 or error() --> nil, false, 1, 1, 1, nil, false, 1
not nil, not false, not 0, not "", not not nil, not 1 == 2 --> true, true, false, false, false, false
1 and nil or 3, nil == nil and "yes", (nil or {}) ~= nil --> 3, yes, true
false == nil, 1 and 2 or 3, nil and nil --> false, 2, nil

-- strings and lengths
"a" .. "b" .. 1, 1 .. "", 1.5 .. "|", -1 .. "", ("x") .. ("y"):rep(2) --> ab1, 1, 1.5|, -1, xyy
#"", #"abc", #"a\0b", #{}, #{1, 2, 3}, #{n = 1}, #{nil}, #{1, nil} --> 0, 3, 3, 0, 3, 0, 0, 1
"a\65\066\n\t\\\"\'", 'single "quoted"', "\0651", "\x" --> aAB\n	\"', single "quoted", A1, x
[[long]], [==[a]]b]==], #[[abc]] --> long, a]]b, 3

"tab\tquote\"", "\a\b\f\v" == "\7\8\12\11" --> tab	quote", true
("x"):upper(), ("%d"):format(5), #("abc"):rep(3) --> X, 5, 9

-- calls, varargs, multiple values
(function(...) return select("#", ...) end)(nil, nil), (function(...) return ... end)(1, 2) --> 2, 1, 2
((function() return 1, 2 end)()) --> 1
({(function() return 1, 2 end)()})[1] --> 1
(function() local t = {(function() return 1, 2 end)(), (function() return 3, 4 end)()} return #t, unpack(t) end)() --> 3, 1, 3, 4
(function() local a, b, c = (function() return 1, 2 end)() return a, b, c end)() --> 1, 2, nil
(function() local a, b = 1 return a, b end)() --> 1, nil
(function() local a, b = 1, 2, 3 a, b = b, a return a, b end)() --> 2, 1
(function(...) local a, b = ... return b, a, arg end)(1, 2) --> 2, 1, nil
(function(a, ...) return a, select("#", ...), ... end)(1) --> 1, 0
(function(...) local t = {...} return #t end)(1, 2, 3) --> 3
(function(...) local t = {..., "x"} return #t, t[1], t[2] end)(7, 8) --> 2, 7, x
(function() return end)() --> 
select("#", (function() end)()), select("#", ((function() end)())) --> 0, 1
(function(a, b) return b, a end)(1) --> nil, 1
(function(a) return a end)(1, 2, 3) --> 1
(function() local function f(n) if n == 0 then return "done" end return f(n - 1) end return f(10000) end)() --> done
(function() local t = {f = function(self, x) return self.v + x end, v = 10} return t:f(5), t.f(t, 6), t["f"](t, 7) end)() --> 15, 16, 17
(function() local function f(t) return t[1] or t.x end return f{5}, f{x = 6}, f"s" end)() --> 5, 6, nil
type"x", #{1, 2} --> string, 2

-- tables
({1, 2, [2] = "x"})[2], ({x = 1, x = 2}).x, ({[1] = "a", "b"})[1], ({1, 2, 3, nil})[3] --> 2, 2, b, 3
({10, 20, x = 30, [40] = 50})[40], #{1, 2, [4] = 4} > 1 --> 50, true
({["a b"] = 1})["a b"], ({[1.0] = "one"})[1], ({[true] = 1})[true] --> 1, one, 1
({}).x, ({}).x == nil, (nil) --> nil, true, nil
(function() local t = {} t[1.5] = "f" t[-1] = "n" t[0] = "z" return t[1.5], t[-1], t[0], #t end)() --> f, n, z, 0
(function() local t = {} t[nil] = 1 end)() --> table index is nil
(function() local t = {} t[0 / 0] = 1 end)() --> table index is NaN
({})[nil], ({})[0 / 0] --> nil, nil
(function() local t = {1, 2, 3} t[#t + 1] = 4 t[#t] = nil t[#t] = nil return #t end)() --> 2
(function() local t = {} for i = 1, 100 do t[i] = i end for i = 1, 99 do t[i] = nil end return #t == 100 or #t == 0 end)() --> true
(function() local k = {} local t = {[k] = "table key"} return t[k], t[{}] end)() --> table key, nil
({1; 2, 3;})[3] --> 3

-- control structures
(function() local s = 0 for i = 1, 10 do s = s + i end return s end)() --> 55
(function() local s = "" for i = 10, 1, -3 do s = s .. i .. " " end return s end)() --> 10 7 4 1 
(function() local n = 0 for i = 1, 0 do n = n + 1 end for i = 0, 1, 0.25 do n = n + 1 end return n end)() --> 5
(function() for i = 3, 1 do return i end return "none" end)() --> none
(function() local fs = {} for i = 1, 3 do fs[i] = function() return i end end return fs[1](), fs[2](), fs[3]() end)() --> 1, 2, 3
(function() local i = 0 while true do i = i + 1 if i > 5 then break end end return i end)() --> 6
(function() local i = 0 repeat local j = i i = i + 1 until j >= 3 return i end)() --> 4
(function() for k, v in next, {a = 1} do return k, v end end)() --> a, 1
(function() local x = 1 do local x = 2 end return x end)() --> 1
(function() if nil then return 1 elseif false then return 2 else return 3 end end)() --> 3
(function() local s = 0 for i = 1, 3 do local i = i * 2 s = s + i end return s end)() --> 12

-- closures
(function() local n = 0 local function inc() n = n + 1 return n end inc() return inc(), n end)() --> 2, 2
(function() local function counter() local c = 0 return function() c = c + 1 return c end end local a, b = counter(), counter() a() a() return a(), b() end)() --> 3, 1
(function() local a, b do local x = 1 a = function() return x end b = function(v) x = v end end b(9) return a() end)() --> 9
(function() local f = {} for i = 1, 2 do local x = i f[i] = function() x = x + 1 return x end end f[1]() return f[1](), f[2]() end)() --> 3, 3
(function() local x = 1 local f = function() return x end x = 2 return f() end)() --> 2

-- assignment
(function() local a, b, c = 1, 2, 3 a, b, c = c, a, b return a, b, c end)() --> 3, 1, 2
(function() local i, t = 3, {} i, t[i] = i + 1, 20 return i, t[3], t[4] end)() --> 4, 20, nil
(function() local t, i = {}, 1 t[i], i = "x", 2 return t[1], t[2], i end)() --> x, nil, 2
(function() local a, b = 1, 2 a, b = b return a, b end)() --> 2, nil
(function() local a, b = 0, 0 local function f() return a end a, b = 5, f() return a, b end)() --> 5, 0
(function() local t = {1, 2} t[1], t[2] = t[2], t[1] return t[1], t[2] end)() --> 2, 1
(function() local t = {n = {}} local u = t t.n.x, t = 5, nil return u.n.x, t end)() --> 5, nil
(function() local a = {} a.b, a.c = (function() return 1, 2, 3 end)() return a.b, a.c end)() --> 1, 2
(function() swap_a, swap_b = 1, 2 swap_a, swap_b = swap_b, swap_a local a, b = swap_a, swap_b swap_a, swap_b = nil return a, b, swap_a, swap_b end)() --> 2, 1, nil, nil
(function() local s = "" local f = function(_, c) if not c then return 1 end end local junk = {9, 9, 9} for i in f do s = s .. i end return s end)() --> 1
010, 007.5, 00, 08, -010, 0.10 --> 10, 7.5, 0, 8, -10, 0.1

-- In "local function f", the local f is in scope inside the function. In "local f = function", it is not.
(function() local tostring = function(v) return "<" .. tostring(v) .. ">" end return tostring(5) end)() --> <5>
(function() local f = 1 local f = function() return f end return f() end)() --> 1
(function() local function f(n) if n == 0 then return "end" end return f(n - 1) end return f(3) end)() --> end
(function() local f f = function(n) if n == 0 then return "end" end return f(n - 1) end return f(3) end)() --> end
(function() local f = (function() return f end) return f() end)() --> nil
(function() local f = function() return f end local function g() return g ~= nil end return f(), g() end)() --> nil, true
