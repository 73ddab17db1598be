table.concat({}), table.concat({}, ","), table.concat({"a"}), table.concat({"a"}, ","), table.concat({"a", "b", "c"}) --> , , a, a, abc
table.concat({"a", "b", "c"}, ", "), table.concat({1, 2.5, "x"}, "-"), table.concat({1, 2, 3}, 0) --> a, b, c, 1-2.5-x, 10203
table.concat({1, 2, 3}, ",", 2), table.concat({1, 2, 3}, ",", 2, 2), table.concat({1, 2, 3}, ",", 3, 2), table.concat({1, 2, 3}, ",", 4) --> 2,3, 2, , 
table.concat({[0] = "z", "a"}, ",", 0), table.concat({[-1] = "y", [0] = "z"}, ",", -1, 0) --> z,a, y,z
table.concat({1, 2, 3}, ",", "2", "3"), table.concat({1, 2, 3}, nil, nil, 2) --> 2,3, 12
table.concat({0.1 + 0.2, 1e15, 1 / 0, -1 / 0}) --> 0.31e+15inf-inf
table.concat({1, {}, 3}) --> invalid value (table) at index 2 in table for 'concat'
table.concat({1, nil, 3}, ",", 1, 3) --> invalid value (nil) at index 2 in table for 'concat'
table.concat({true}) --> invalid value (boolean) at index 1 in table for 'concat'
table.concat({print}, ",") --> invalid value (function) at index 1 in table for 'concat'
table.concat({1, 2, 3}, ",", 2, 5) --> invalid value (nil) at index 4 in table for 'concat'
table.concat({1}, {}) --> bad argument #2 to 'concat' (string expected, got table)
table.concat({1}, ",", "x") --> bad argument #3 to 'concat' (number expected, got string)
table.concat() --> bad argument #1 to 'concat' (table expected, got no value)
table.concat("abc") --> bad argument #1 to 'concat' (table expected, got string)
table.concat({"a", "b"}, ("-"):rep(3)) --> a---b

-- insert and remove
(function() local t = {1, 2} table.insert(t, 3) return unpack(t) end)() --> 1, 2, 3
(function() local t = {1, 2} table.insert(t, 1, 0) return unpack(t) end)() --> 0, 1, 2
(function() local t = {1, 2} table.insert(t, 2, 1.5) return unpack(t) end)() --> 1, 1.5, 2
(function() local t = {1, 2} table.insert(t, 3, 3) return unpack(t) end)() --> 1, 2, 3
(function() local t = {} table.insert(t, 1, "a") return #t, t[1] end)() --> 1, a
(function() local t = {} table.insert(t, "1", "a") return #t, t[1] end)() --> 1, a
(function() local t = {1, 2} table.insert(t, nil) return #t end)() --> 2
(function() local t = {1, 2, 3} table.insert(t, 0, "z") return t[0], t[1], t[2], t[4] end)() --> z, nil, 1, 3
(function() local t = {} table.insert(t, 5, "five") return t[5], t[1] end)() --> five, nil
select("#", table.insert({}, 1)) --> 0
table.insert({}, 1, 2, 3) --> wrong number of arguments to 'insert'
table.insert({}) --> wrong number of arguments to 'insert'
table.insert() --> bad argument #1 to 'insert' (table expected, got no value)
table.insert(nil, 1) --> bad argument #1 to 'insert' (table expected, got nil)
table.insert({}, "x", 1) --> bad argument #2 to 'insert' (number expected, got string)
table.insert({}, {}, 1) --> bad argument #2 to 'insert' (number expected, got table)
(function() local t = {1, 2, 3} return table.remove(t), #t end)() --> 3, 2
(function() local t = {1, 2, 3} return table.remove(t, 1), t[1], t[2], #t end)() --> 1, 2, 3, 2
(function() local t = {1, 2, 3} return table.remove(t, "2"), t[1], t[2], #t end)() --> 2, 1, 3, 2
(function() local t = {1, 2, 3} return table.remove(t, 3), #t end)() --> 3, 2
(function() local t = {1, 2, 3} return #t, table.remove(t, 4), #t end)() --> 3, nil, 3
(function() local t = {1, 2, 3} return #t, table.remove(t, 0), #t end)() --> 3, nil, 3
table.remove({}), select("#", table.remove({})), select("#", table.remove({1}, 5)) --> nil, 0, 0
(function() local t = {n = 1} return table.remove(t), t.n end)() --> nil, 1
table.remove() --> bad argument #1 to 'remove' (table expected, got no value)
table.remove({}, "x") --> bad argument #2 to 'remove' (number expected, got string)
table.remove("x") --> bad argument #1 to 'remove' (table expected, got string)

-- maxn, getn, setn, foreach, foreachi
table.maxn({}), table.maxn({1, 2, 3}), table.maxn({[10] = 1}), table.maxn({[1.5] = 1}), table.maxn({[-1] = 1, x = 2}) --> 0, 3, 10, 1.5, 0
table.maxn({1, 2, nil, 4}), table.maxn({[1e9] = 1}), table.maxn({[2 ^ 40] = 1}) --> 4, 1000000000, 1099511627776
table.maxn() --> bad argument #1 to 'maxn' (table expected, got no value)
table.getn({1, 2, 3}), table.getn({}) --> 3, 0
table.getn() --> bad argument #1 to 'getn' (table expected, got no value)
table.setn({}, 1) --> 'setn' is obsolete
(function() local s = "" table.foreachi({"a", "b"}, function(i, v) s = s .. i .. v end) return s end)() --> 1a2b
table.foreachi({5, 6, 7}, function(i, v) if v == 6 then return i end end) --> 2
(function() local s = 0 table.foreach({1, 2, x = 3}, function(k, v) s = s + v end) return s end)() --> 6
table.foreach({x = 3}, function(k, v) return k, v end) --> x
table.foreach({}, print) --> 
table.foreach({}) --> bad argument #2 to 'foreach' (function expected, got no value)
table.foreachi({1}, 2) --> bad argument #2 to 'foreachi' (function expected, got number)

-- sort
(function() local t = {3, 1, 2} table.sort(t) return unpack(t) end)() --> 1, 2, 3
(function() local t = {"b", "c", "a", "B"} table.sort(t) return unpack(t) end)() --> B, a, b, c
(function() local t = {3, 1, 2} table.sort(t, function(a, b) return a > b end) return unpack(t) end)() --> 3, 2, 1
(function() local t = {5, 2, 8, 1, 9, 3, 7, 4, 6, 0} table.sort(t) return table.concat(t, " ") end)() --> 0 1 2 3 4 5 6 7 8 9
(function() local t = {} for i = 1, 100 do t[i] = i * 37 % 101 end table.sort(t) return t[1], t[50], t[100] end)() --> 1, 50, 100
(function() local t = {} for i = 1, 100 do t[i] = i end table.sort(t, function(a, b) return a > b end) return t[1], t[50], t[100] end)() --> 100, 51, 1
(function() local t = {} for i = 1, 50 do t[i] = {k = i % 3, i = i} end table.sort(t, function(a, b) return a.k < b.k end) local s = "" for i = 1, 50 do s = s .. t[i].i .. " " end return s end)() --> 21 39 18 9 12 36 24 15 42 6 48 33 3 45 27 30 1 28 31 37 40 34 46 43 49 25 10 4 7 16 19 22 13 8 44 5 47 41 2 23 38 26 20 29 11 32 35 17 14 50 
(function() local t = {} for i = 1, 20 do t[i] = 7 end table.sort(t) return #t, t[1], t[20] end)() --> 20, 7, 7
(function() local t = {"a", "a\0b", "a\0a", ""} table.sort(t) return (#t[1]), (#t[2]), t[3] == "a\0a" end)() --> 0, 1, true
(function() local mt = {__lt = function(a, b) return a.v < b.v end} local t = {} for i = 1, 5 do t[i] = setmetatable({v = -i}, mt) end table.sort(t) return t[1].v, t[5].v end)() --> -5, -1
(function() local t = {1, 2, 3, n = 5} table.sort(t) return #t, t.n end)() --> 3, 5
select("#", table.sort({2, 1})) --> 0
table.sort({}) == nil, table.sort({1}) == nil --> true, true
table.sort({1, "x"}) --> attempt to compare string with number
table.sort({1, 2, 3}, 1) --> bad argument #2 to 'sort' (function expected, got number)
table.sort({1, 2, 3}, nil) --> 
table.sort() --> bad argument #1 to 'sort' (table expected, got no value)
table.sort("x") --> bad argument #1 to 'sort' (table expected, got string)
table.sort({3, 1, 2, 5, 4, 7}, function() error("stop", 0) end) --> stop
table.sort({1, true, 3}) --> attempt to compare boolean with number
(function() return (pcall(table.sort, {1, 2, 3, 4, 5, 6, 7, 8}, function() return true end)) end)() --> false
