-- Tables in each other.
--> flags --burst 10s --memory 64
--> error too much memory
register_tool("attack", function() local t = {} while true do t = { t, t, {}, {} } end end)
