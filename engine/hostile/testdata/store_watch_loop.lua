-- The handler of a watch changes the key that it watches.
--> result ^done$
n = 0
store.watch("x", function(key, value) n = n + 1 store.incr("x") end)
store.watch("", function(key, value) store.set("y", n, { lazy = true }) end)
on_start(function() store.set("x", 0) end)
register_tool("attack", function() sleep(2) if n == 0 then error("no event") end return "done" end)
