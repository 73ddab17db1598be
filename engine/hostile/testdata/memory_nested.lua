-- Tables in each other.
--> error too much memory
register_tool("attack", function() local t = {} while true do t = { t, t, {}, {} } end end)
