-- string.format gets a million directives.
--> error
register_tool("attack", function() return #string.format(("%99d"):rep(1e6), 1) end)
