-- The result has keys that JSON does not allow.
--> error result: 
register_tool("attack", function() return { [{}] = 1, [true] = 2, [1.5] = 3, [print] = 4 } end)
