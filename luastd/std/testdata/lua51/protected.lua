-- xpcall calls its handler with the error
xpcall(error, function() return 1 end) --> false, 1
xpcall(error, function() end) --> false, nil
xpcall(function() return xpcall(error, function() return "inner" end) end, function() return "outer" end) --> true, false, inner
xpcall(function() pcall(error, "in") error("out", 0) end, function(m) return m end) --> false, out
xpcall(error, 12) --> false, error in error handling
xpcall(error, error) --> false, error in error handling
xpcall(function() error("x", 0) end, setmetatable({}, {__call = function() return "called" end})) --> false, error in error handling

-- After an error has been caught, closures still share the local variables of the caller.
(function() local n = 0 local function add() n = n + 1 end add() pcall(error, "x") add() n = n + 10 add() return n end)() --> 13
(function() local n = 0 local function add() n = n + 1 end xpcall(error, function() add() end) add() n = n + 10 add() return n end)() --> 13
(function() local n = 0 local function add() n = n + 1 end pcall(pcall, error) pcall(function() pcall(error) n = n + 1 error() end) add() n = n + 10 add() return n end)() --> 13
(function() local f pcall(function() local x = 1 f = function() x = x + 1 return x end error("e") end) local a, b, c = 7, 8, 9 return f(), f(), a, b, c end)() --> 2, 3, 7, 8, 9
(function() local f, g pcall(function() local x = 1 f = function() x = x + 1 return x end g = function() return x end local y = nil .. "z" end) local a, b, c = 7, 8, 9 f() return f(), g(), a, b, c end)() --> 3, 3, 7, 8, 9
(function() local fs = {} for i = 1, 3 do pcall(function() local x = i fs[i] = function() x = x + 1 return x end error(x) end) end return fs[1](), fs[1](), fs[2](), fs[3]() end)() --> 2, 3, 3, 4
(function() local f pcall(function() local x = 1 f = function() return x end local function deep() return deep() + 1 end deep() end) local a, b = 5, 6 return f(), a, b end)() --> 1, 5, 6
(function() local n = 0 local function r(d) local m = d local function add() m = m + 1 n = n + 1 end if d > 0 then pcall(r, d - 1) end add() m = m + 10 add() error(m) end local _, m = pcall(r, 3) return n end)() --> 8
