-- An array that is nearly empty.
--> result
register_tool("attack", function() return { [1000000] = 1 } end)
