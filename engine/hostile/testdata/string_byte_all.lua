-- All bytes of a megabyte, as values.
--> error string slice too long
register_tool("attack", function() return select("#", ("x"):rep(1e6):byte(1, -1)) end)
