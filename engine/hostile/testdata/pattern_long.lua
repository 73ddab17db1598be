-- A pattern is two megabytes long.
--> error
register_tool("attack", function() return ("a"):find(("a?"):rep(1e6) .. "[") end)
