-- A script keeps half of the memory and does nothing. Tool calls that need little memory must work.
--> flags --memory 32
--> lasts 1s
--> result ^ok$
local kept = {}
register_tool("attack", function() for i = 1, 15000 do kept[i] = ("x"):rep(1000) .. i end end)
