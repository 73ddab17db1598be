type(debug.traceback({})), type(debug.traceback(nil)) --> table, nil
debug.traceback("message"):match("^message\nstack traceback:\n") ~= nil, debug.traceback(12):match("^12\n") ~= nil --> true, true
debug.getinfo(1, "S").what, debug.getinfo(print, "S").what, debug.getinfo(print).short_src, debug.getinfo(print).currentline, debug.getinfo(print, "S").source --> Lua, C, [C], -1, =[C]
debug.getinfo(loadstring(""), "S").what, debug.getinfo(loadstring("", "=x"), "S").short_src, debug.getinfo(loadstring("x = 1"), "S").short_src --> main, x, [string "x = 1"]
(function() return debug.getinfo(1, "l").currentline == debug.getinfo(1).linedefined end)() --> true
(function() local function named() return (debug.getinfo(1, "n").name) end local n = named() return n end)() --> named
(function() local i = debug.getinfo(1) return i.func ~= nil, i.linedefined == i.lastlinedefined, i.source:sub(1, 1), i.nups end)() --> true, true, @, 0
(function() local x, y = 1, 2 local function f() return x, y end return debug.getinfo(f, "u").nups, debug.getinfo(f, "S").nups, debug.getinfo(f, "f").func == f end)() --> 2, nil, true
debug.getinfo(1000) --> nil
debug.getinfo("x") --> bad argument #1 to 'getinfo' (function or level expected)
debug.getinfo() --> bad argument #1 to 'getinfo' (function or level expected)
debug.getinfo(1, "?") --> bad argument #2 to 'getinfo' (invalid option)
debug.getinfo(print, {}) --> bad argument #2 to 'getinfo' (string expected, got table)
