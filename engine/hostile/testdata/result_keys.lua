-- Keys that JSON does not have.
--> error result: 
register_tool("attack", function() return { [{}] = 1, [true] = 2, [1.5] = 3, [print] = 4 } end)
