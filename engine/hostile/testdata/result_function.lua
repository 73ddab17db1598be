-- The result is a function.
--> error result: a function cannot be JSON
register_tool("attack", function() return print end)
