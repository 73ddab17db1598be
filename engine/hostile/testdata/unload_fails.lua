-- on_unload fails in several ways.
--> says begun
on_unload(function() error(setmetatable({}, { __tostring = function() while true do end end })) end)
on_unload(function() local function f() return 1 + f() end f() end)
on_unload(function() spawn(print) after(0, print) session.stop() end)
on_unload(function() coroutine.wrap(function() coroutine.yield() end)() end)
print("begun")
