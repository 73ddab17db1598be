-- arithmetic
1 + 2, 7 - 10, 3 * 4, 7 / 2, 2 ^ 10, 2 ^ 0.5, -2 ^ 2, 2 ^ 3 ^ 2
7 % 3, -7 % 3, 7 % -3, -7 % -3, 5.5 % 2, -5.5 % 2, 5 % 1
1 / 0, -1 / 0, (0 / 0) ~= (0 / 0), 1 / -0 < 0
"10" + 5, "3" * "4", " 7 " - 1, "0x10" + 0, "1e1" + 0, -"2", 10 .. 20
1 + 1 == 2, 0.1 + 0.2 == 0.3, 1e15 + 1, 2 ^ 53 == 2 ^ 53 + 1
0xff, 0XA, 1e3, .5, 3., 3e-2, 0xffffffff
1 + {}
{} + 1
1 + nil
"x" + 1
-{}
-"x"
2 ^ {}
1 % "y"

-- comparison
1 < 2, 2 <= 2, 3 > 4, 3 >= 4, "a" < "b", "a" < "B", "" < "a", "a\0b" > "a", "Z" < "a", "10" < "9"
1 == 1.0, "1" == 1, nil == false, {} == {}, print == print, "a" == "a"
1 ~= 2, "a" ~= "a", 0 == -0, 1 / 0 == math.huge
1 < "2"
{} < 1
nil < 1
true < false

-- logic
nil and 1, false and 1, 0 and 1, "" and 1, nil or 1, false or nil, false or false, 1 or error()
not nil, not false, not 0, not "", not not nil, not 1 == 2
1 and nil or 3, nil == nil and "yes", (nil or {}) ~= nil
false == nil, 1 and 2 or 3, nil and nil

-- strings and lengths
"a" .. "b" .. 1, 1 .. "", 1.5 .. "|", -1 .. "", ("x") .. ("y"):rep(2)
#"", #"abc", #"a\0b", #{}, #{1, 2, 3}, #{n = 1}, #{nil}, #{1, nil}
"a\65\066\n\t\\\"\'", 'single "quoted"', "\0651", "\x"
[[long]], [==[a]]b]==], [[
first newline is left out]]

"tab\tquote\"", "\a\b\f\v" == "\7\8\12\11"
#[[

x]]
1 .. {}
{} .. "x"
nil .. "x"
"x" .. true
#5
#nil
("x"):upper(), ("%d"):format(5), #("abc"):rep(3)

-- calls, varargs, multiple values
(function(...) return select("#", ...) end)(nil, nil), (function(...) return ... end)(1, 2)
((function() return 1, 2 end)())
{(function() return 1, 2 end)()}[1]
(function() local t = {(function() return 1, 2 end)(), (function() return 3, 4 end)()} return #t, unpack(t) end)()
(function() local a, b, c = (function() return 1, 2 end)() return a, b, c end)()
(function() local a, b = 1 return a, b end)()
(function() local a, b = 1, 2, 3 a, b = b, a return a, b end)()
(function(...) local a, b = ... return b, a, arg end)(1, 2)
(function(a, ...) return a, select("#", ...), ... end)(1)
(function(...) local t = {...} return #t end)(1, 2, 3)
(function(...) local t = {..., "x"} return #t, t[1], t[2] end)(7, 8)
(function() return end)()
select("#", (function() end)()), select("#", ((function() end)()))
(function(a, b) return b, a end)(1)
(function(a) return a end)(1, 2, 3)
(function() local function f(n) if n == 0 then return "done" end return f(n - 1) end return f(10000) end)()
(function() local t = {f = function(self, x) return self.v + x end, v = 10} return t:f(5), t.f(t, 6), t["f"](t, 7) end)()
(function() local function f(t) return t[1] or t.x end return f{5}, f{x = 6}, f"s" end)()
type"x", #{...}

-- tables
({1, 2, [2] = "x"})[2], ({x = 1, x = 2}).x, ({[1] = "a", "b"})[1], ({1, 2, 3, nil})[3]
({10, 20, x = 30, [40] = 50})[40], #{1, 2, [4] = 4} > 1
({["a b"] = 1})["a b"], ({[1.0] = "one"})[1], ({[true] = 1})[true]
({}).x, ({}).x == nil, (nil)
(function() local t = {} t[1.5] = "f" t[-1] = "n" t[0] = "z" return t[1.5], t[-1], t[0], #t end)()
(function() local t = {} t[nil] = 1 end)()
(function() local t = {} t[0 / 0] = 1 end)()
({})[nil], ({})[0 / 0]
(function() local t = {1, 2, 3} t[#t + 1] = 4 t[#t] = nil t[#t] = nil return #t end)()
(function() local t = {} for i = 1, 100 do t[i] = i end for i = 1, 99 do t[i] = nil end return #t == 100 or #t == 0 end)()
(function() local k = {} local t = {[k] = "table key"} return t[k], t[{}] end)()
({1; 2, 3;})[3]

-- control
(function() local s = 0 for i = 1, 10 do s = s + i end return s end)()
(function() local s = "" for i = 10, 1, -3 do s = s .. i .. " " end return s end)()
(function() local n = 0 for i = 1, 0 do n = n + 1 end for i = 0, 1, 0.25 do n = n + 1 end return n end)()
(function() for i = 3, 1 do return i end return "none" end)()
(function() local fs = {} for i = 1, 3 do fs[i] = function() return i end end return fs[1](), fs[2](), fs[3]() end)()
(function() local i = 0 while true do i = i + 1 if i > 5 then break end end return i end)()
(function() local i = 0 repeat local j = i i = i + 1 until j >= 3 return i end)()
(function() for k, v in next, {a = 1} do return k, v end end)()
(function() local x = 1 do local x = 2 end return x end)()
(function() if nil then return 1 elseif false then return 2 else return 3 end end)()
(function() for i = "1", 3 do return i end end)()
(function() for i = 1, "x" do end end)()
(function() for i = {}, 3 do end end)()
(function() for i = 1, 3, {} do end end)()
(function() for x in nil do end end)() == nil
(function() local s = 0 for i = 1, 3 do local i = i * 2 s = s + i end return s end)()

-- closures
(function() local n = 0 local function inc() n = n + 1 return n end inc() return inc(), n end)()
(function() local function counter() local c = 0 return function() c = c + 1 return c end end local a, b = counter(), counter() a() a() return a(), b() end)()
(function() local a, b do local x = 1 a = function() return x end b = function(v) x = v end end b(9) return a() end)()
(function() local f = {} for i = 1, 2 do local x = i f[i] = function() x = x + 1 return x end end f[1]() return f[1](), f[2]() end)()
(function() local x = 1 local f = function() return x end x = 2 return f() end)()
