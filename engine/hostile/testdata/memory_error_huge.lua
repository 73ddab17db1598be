-- A handler raises an error of 16 MiB.
--> error ^x+$
register_tool("attack", function() error(("x"):rep(2^24), 0) end)
