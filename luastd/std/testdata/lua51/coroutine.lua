local function gen(n) return coroutine.wrap(function() for i = 1, n do coroutine.yield(i) end end) end

coroutine.resume(coroutine.create(function(a, b) return a + b end), 1, 2) --> true, 3
coroutine.resume(coroutine.create(function() end)) --> true
coroutine.resume(coroutine.create(function(...) return select("#", ...) end), nil, nil) --> true, 2
coroutine.status(coroutine.create(function() end)) --> suspended
(function() local s = 0 for i in gen(5) do s = s + i end return s end)() --> 15
(function() local g = gen(2) return g(), g(), g() end)() --> 1, 2
(function() local g = gen(1) g() g() return pcall(g) end)() --> false, cannot resume dead coroutine
(function() local co = coroutine.create(function(a) local b = coroutine.yield(a + 1) return b * 2 end) local _, x = coroutine.resume(co, 1) local _, y = coroutine.resume(co, 10) return x, y, coroutine.status(co), coroutine.resume(co) end)() --> 2, 20, dead, false, cannot resume dead coroutine
(function() local co = coroutine.create(function() error("oops", 0) end) local ok, e = coroutine.resume(co) return ok, e, coroutine.status(co) end)() --> false, oops, dead
(function() local co = coroutine.create(function() error({code = 5}) end) local ok, e = coroutine.resume(co) return ok, e.code end)() --> false, 5
(function() local co co = coroutine.create(function() return coroutine.status(co), coroutine.running() == co end) return coroutine.resume(co) end)() --> true, running, true
(function() local co co = coroutine.create(function() return coroutine.resume(co) end) return coroutine.resume(co) end)() --> true, false, cannot resume non-suspended coroutine --5.1--> true, false, cannot resume running coroutine
(function() local f = coroutine.wrap(function() return pcall(function() coroutine.yield(1) error("in", 0) end) end) local ok, a = pcall(f) return ok end)() --> true
(function() local co = coroutine.create(function() local t = setmetatable({}, {__index = function(_, k) return k end}) coroutine.yield(t.x) return t.y end) local _, a = coroutine.resume(co) local _, b = coroutine.resume(co) return a, b end)() --> x, y
(function() local co = coroutine.create(coroutine.yield) local _, a, b = coroutine.resume(co, 1, 2) local _, c, d = coroutine.resume(co, 3) return a, b, c, d end)() --> 1, 2, 3, nil --5.1--> bad argument #1 to 'create' (Lua function expected)
(function() local co = coroutine.create(function() for i = 1, 2 do coroutine.yield() end end) local s = {} for i = 1, 5 do s[i] = tostring((coroutine.resume(co))) end return table.concat(s, " ") end)() --> true true true false false
(function() local a = coroutine.wrap(function() local b = coroutine.wrap(function() coroutine.yield("inner") end) coroutine.yield(b()) coroutine.yield("outer") end) return a(), a() end)() --> inner, outer
(function() local co = coroutine.create(function(...) while true do coroutine.yield(select("#", ...), ...) end end) return select("#", coroutine.resume(co, nil, nil)) end)() --> 4
(function() local p = coroutine.wrap(function(x) while true do x = coroutine.yield(x * 2) end end) return p(1), p(2), p(3) end)() --> 2, 4, 6
(function() local function perm(a, n) if n == 0 then coroutine.yield(table.concat(a)) else for i = 1, n do a[n], a[i] = a[i], a[n] perm(a, n - 1) a[n], a[i] = a[i], a[n] end end end local s = {} for p in coroutine.wrap(function() perm({"a", "b", "c"}, 3) end) do s[#s + 1] = p end return table.concat(s, " ") end)() --> bca cba cab acb bac abc
-- The messages about wrong arguments come from gopher-lua, so they differ from Lua 5.1.
coroutine.resume(1) --> bad argument #1 to resume (thread expected, got number) --5.1--> bad argument #1 to 'resume' (coroutine expected)
coroutine.create(1) --> bad argument #1 to create (function expected, got number) --5.1--> bad argument #1 to 'create' (Lua function expected)
coroutine.create() --> bad argument #1 to create (function expected, got nil) --5.1--> bad argument #1 to 'create' (Lua function expected)
coroutine.wrap("x") --> bad argument #1 to wrap (function expected, got string) --5.1--> bad argument #1 to 'wrap' (Lua function expected)
coroutine.status() --> bad argument #1 to status (thread expected, got nil) --5.1--> bad argument #1 to 'status' (coroutine expected)
coroutine.status(5) --> bad argument #1 to status (thread expected, got number) --5.1--> bad argument #1 to 'status' (coroutine expected)
type(coroutine.create(function() end)), type(coroutine.wrap(function() end)) --> thread, function
