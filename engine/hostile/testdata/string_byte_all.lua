-- string.byte would return a million values.
--> error string slice too long
register_tool("attack", function() return select("#", ("x"):rep(1e6):byte(1, -1)) end)
