-- A handler fills a table with small tables.
--> flags --memory 32
--> error too much memory
register_tool("attack", function() local t = {} for i = 1, 1e9 do t[i] = { i } end end)
