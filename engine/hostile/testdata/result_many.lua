-- The handler returns as many values as possible. Only the first value is the result.
--> result ^1$
register_tool("attack", function() local t = {} for i = 1, 7997 do t[i] = i end return unpack(t) end)
