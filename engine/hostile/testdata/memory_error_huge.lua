-- An error of sixty-four megabytes.
--> error ^x+$
register_tool("attack", function() error(("x"):rep(2^26), 0) end)
