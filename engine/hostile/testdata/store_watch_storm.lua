-- A hundred watches, each of which sets a key that all watch.
--> result ^done$
--> says 100
n = 0
for i = 1, 100 do store.watch("", function() n = n + 1 store.set("k" .. i, n, { lazy = true }) end) end
print(select(2, pcall(store.watch, "", print)))
on_start(function() store.set("x", 0) end)
register_tool("attack", function() sleep(2) if n == 0 then error("no event") end return "done" end)
