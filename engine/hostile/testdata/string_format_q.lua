-- What is quoted is larger than what it was.
--> error resulting string too large|too much memory|registry
register_tool("attack", function() return #string.format("%q", ("\0"):rep(2^25)) end)
