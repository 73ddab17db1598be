-- The result is an array with only one index, which is high.
--> result
register_tool("attack", function() return { [1000000] = 1 } end)
