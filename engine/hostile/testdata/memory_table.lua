-- A table that only grows.
--> error too much memory
register_tool("attack", function() local t = {} for i = 1, 1e9 do t[i] = { i } end end)
