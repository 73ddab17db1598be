-- The handler of a watch changes the file that it watches.
--> result ^true$
n = 0
fs.watch("x", function(e) n = n + 1 fs.write("x", tostring(n)) end)
on_start(function() fs.write("x", "0") end)
register_tool("attack", function() sleep(2) if n == 0 then error("no event") end return n < 100 end)
