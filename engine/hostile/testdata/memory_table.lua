-- A table that only grows.
--> flags --burst 10s --memory 64
--> error too much memory
register_tool("attack", function() local t = {} for i = 1, 1e9 do t[i] = { i } end end)
