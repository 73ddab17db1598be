-- Keys that are all different.
--> error too much memory
register_tool("attack", function() local t = {} for i = 1, 1e9 do t["key" .. i] = i end end)
