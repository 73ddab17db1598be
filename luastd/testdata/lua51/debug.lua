debug.traceback({}) ~= nil, type(debug.traceback({})), debug.traceback(nil):match("^stack traceback:") ~= nil
debug.traceback("message"):match("^message\nstack traceback:\n") ~= nil, debug.traceback(12):match("^12\n") ~= nil
debug.getinfo(1, "S").what, debug.getinfo(print, "S").what, debug.getinfo(print).short_src, debug.getinfo(print).currentline, debug.getinfo(print, "S").source
debug.getinfo(loadstring(""), "S").what, debug.getinfo(loadstring("", "=x"), "S").short_src, debug.getinfo(loadstring("x = 1"), "S").short_src
(function() return debug.getinfo(1, "l").currentline == debug.getinfo(1).linedefined end)()
(function() local function named() return (debug.getinfo(1, "n").name) end local n = named() return n end)()
(function() local i = debug.getinfo(1) return i.func ~= nil, i.linedefined == i.lastlinedefined, i.source:sub(1, 1), i.nups end)()
(function() local x, y = 1, 2 local function f() return x, y end return debug.getinfo(f, "u").nups, debug.getinfo(f, "S").nups, debug.getinfo(f, "f").func == f end)()
debug.getinfo(1000), debug.getinfo(-1)
debug.getinfo("x")
debug.getinfo()
debug.getinfo(1, "?")
debug.getinfo(print, {})
