-- A handler asks for the size of the heap in an endless loop.
--> error ran for 200ms without a wait
register_tool("attack", function() while true do collectgarbage("count") gcinfo() end end)
