-- A pattern of a megabyte.
--> error
register_tool("attack", function() return ("a"):find(("a?"):rep(1e6) .. "[") end)
