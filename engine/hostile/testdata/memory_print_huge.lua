-- A handler prints one line of 64 MiB.
--> result ^ok$
register_tool("attack", function() print(("x"):rep(2^26)) end)
