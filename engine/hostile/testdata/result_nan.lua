-- The result contains NaN.
--> error result: .*NaN
register_tool("attack", function() return { x = 0 / 0 } end)
