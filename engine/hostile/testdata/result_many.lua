-- As many results as there may be.
--> result ^1$
register_tool("attack", function() local t = {} for i = 1, 7997 do t[i] = i end return unpack(t) end)
