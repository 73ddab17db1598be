-- One line of sixty-four megabytes.
--> result ^ok$
register_tool("attack", function() print(("x"):rep(2^26)) end)
