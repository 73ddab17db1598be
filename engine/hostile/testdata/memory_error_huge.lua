-- An error of sixteen megabytes.
--> error ^x+$
register_tool("attack", function() error(("x"):rep(2^24), 0) end)
