-- A handler nests tables in an endless loop.
--> flags --memory 32
--> error too much memory
register_tool("attack", function() local t = {} while true do t = { t, t, {}, {} } end end)
