-- Differences from Lua 5.1. The results of Lua 5.1 are after the second arrow.

-- Error messages of the parser do not say which token it expected.
loadstring("x = ") --> nil, [string "x = "]:1: syntax error near '<eof>' --5.1--> nil, [string "x = "]:1: unexpected symbol near '<eof>'
loadstring("x = )", "=stdin") --> nil, stdin:1: syntax error near ')' --5.1--> nil, stdin:1: unexpected symbol near ')'
loadstring("for") --> nil, [string "for"]:1: syntax error near '<eof>' --5.1--> nil, [string "for"]:1: '<name>' expected near '<eof>'
loadstring("\n\nif x then", "=n") --> nil, n:3: syntax error near '<eof>' --5.1--> nil, n:3: 'end' expected near '<eof>'
loadstring("return (1", "=n") --> nil, n:1: syntax error near '<eof>' --5.1--> nil, n:1: ')' expected near '<eof>'
loadstring("return 3x", "=n") --> nil, n:1: syntax error near 'x' --5.1--> nil, n:1: malformed number near '3x'
loadstring("break", "=n") --> nil, n:1: no loop to break --5.1--> nil, n:1: no loop to break near '<eof>'
loadstring("x = '\\300'", "=n") ~= nil --> true --5.1--> false
loadstring("goto done ::done::", "=n") ~= nil --> true --5.1--> false
loadstring(string.char(27) .. "Lua", "=n") --> nil, n: a compiled function cannot be loaded --5.1--> nil, n: unexpected end in precompiled chunk
#select(2, loadstring(("x"):rep(70000), "=n")) --> 47 --5.1--> 30

-- The virtual machine of gopher-lua has error messages of its own, without the names of variables.
1 + {} --> cannot perform add operation between number and table --5.1--> attempt to perform arithmetic on a table value
"x" + 1 --> cannot perform add operation between string and number --5.1--> attempt to perform arithmetic on a string value
-{} --> __unm undefined --5.1--> attempt to perform arithmetic on a table value
1 .. {} --> cannot perform concat operation between number and table --5.1--> attempt to concatenate a table value
nil .. "x" --> cannot perform concat operation between nil and string --5.1--> attempt to concatenate a nil value
#nil --> __len undefined --5.1--> attempt to get length of a nil value
true < false --> attempt to compare boolean with boolean --5.1--> attempt to compare two boolean values
table.sort({{}, {}}) == nil --> attempt to compare table with table --5.1--> attempt to compare two table values
(function() local x = nil return x.y end)() --> attempt to index a non-table object(nil) with key 'y' --5.1--> attempt to index local 'x' (a nil value)
(function() local x = 5 x.y = 1 end)() --> attempt to index a non-table object(number) with key 'y' --5.1--> attempt to index local 'x' (a number value)
(function() local x = nil x() end)() --> attempt to call a non-function object --5.1--> attempt to call local 'x' (a nil value)
(function() no_such_function() end)() --> attempt to call a non-function object --5.1--> attempt to call global 'no_such_function' (a nil value)
(function() local t = {} t.f.g() end)() --> attempt to index a non-table object(nil) with key 'g' --5.1--> attempt to index field 'f' (a nil value)
(function() local t = {} t:m() end)() --> attempt to call a non-function object --5.1--> attempt to call method 'm' (a nil value)
(function() for x in nil do end end)() == nil --> attempt to call a non-function object --5.1--> attempt to call a nil value
(function() for i = 1, "x" do end end)() --> for statement limit must be a number --5.1--> 'for' limit must be a number
(function() for i = {}, 3 do end end)() --> for statement init must be a number --5.1--> 'for' initial value must be a number
(function() for i = 1, 3, {} do end end)() --> for statement step must be a number --5.1--> 'for' step must be a number

-- A numeric for does not accept strings.
(function() for i = "1", 3 do return i end end)() --> for statement init must be a number --5.1--> 1

-- The operator .. writes a number with all its digits.
0.1 + 0.2 .. "", 2 ^ 53 .. "", 1e15 .. "", 1 / 3 .. "" --> 0.30000000000000004, 9007199254740992, 1000000000000000, 0.3333333333333333 --5.1--> 0.3, 9.007199254741e+15, 1e+15, 0.33333333333333
1 / 0 .. "", -1 / 0 .. "" --> +Inf, -Inf --5.1--> inf, -inf

-- In arithmetic, a string is read as a number of Go: 010 is octal.
pcall(function() return "10\v" + 0 end) --> false, cannot perform add operation between string and number --5.1--> true, 10
"0b11" + 0 == 3 --> true --5.1--> attempt to perform arithmetic on a string value
"0x1p4" + 0, "1_000" + 0 --> 16, 1000 --5.1--> attempt to perform arithmetic on a string value
"010" + 0 --> 8 --5.1--> 10

-- tonumber accepts a minus sign before digits of another base. Lua 5.1's own tests expect
-- that too, but the result depends on the size of a C long.
tonumber("-7", 16), tonumber("-11", 2) --> -7, -3 --5.1--> 1.844674407371e+19, 1.844674407371e+19

-- The operator # calls __len of a table. __unm gets one argument.
#setmetatable({}, {__len = function() return 7 end}) --> 7 --5.1--> 0
(function() local t = setmetatable({}, {__unm = function(a, b) return rawequal(a, b) end}) return -t end)() --> false --5.1--> true
(function() local a, b = setmetatable({}, {__lt = function() return true end}), setmetatable({}, {__lt = function() return true end}) return a < b end)() --> attempt to compare table with table --5.1--> attempt to compare two table values

-- The length of a table with holes is the highest index that was ever set.
#{1, 2, [5] = 5}, #{[1] = 1, [3] = 3} --> 5, 3 --5.1--> 2, 1
(function() local t = {} t[100] = 1 return #t end)() --> 100 --5.1--> 0

-- next does not raise an error for a key that the table never had.
pcall(next, {}, "x") --> true, nil --5.1--> false, invalid key to 'next'

-- A script cannot reach the metatable of strings.
getmetatable("") == string, getmetatable("") == "string" --> false, true --5.1--> false, false

-- setfenv does not change level 0. Functions that reach outside of the program are missing.
(function() return (pcall(setfenv, 0, _G)) end)() --> false --5.1--> true
newproxy == nil, module == nil, os.setlocale == nil --> true, true, true --5.1--> false, false, false
debug.sethook == nil, debug.getlocal == nil, debug.getupvalue == nil, debug.getregistry == nil, debug.setmetatable == nil --> true, true, true, true, true --5.1--> false, false, false, false, false

-- debug.getinfo does not return the kind of a name, nor the first character of a chunk name.
debug.getinfo(loadstring("", "=x"), "S").source, debug.getinfo(loadstring("", "x"), "S").source --> @x, @[string "x"] --5.1--> =x, x
(function() local function f() return debug.getinfo(1, "n").namewhat end local w = f() return w end)() -->  --5.1--> local

-- The fields of a date must be in the range of C's int.
os.time({year = 1e10, month = 1, day = 1}) --> field 'year' is out of range in date table --5.1--> 4.4497304229902e+16

-- The length of a table does not count indices past 1048575, but the table can have them.
(function() local t = {} for i = 1, 1048580 do t[i] = i end return #t, t[1048580] end)() --> 1048575, 1048580 --5.1--> 1048580, 1048580
