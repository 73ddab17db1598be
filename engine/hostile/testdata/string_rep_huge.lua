-- string.rep gets a count that does not fit in the length of a string.
--> error resulting string too large
register_tool("attack", function() return #("xy"):rep(1e18) end)
