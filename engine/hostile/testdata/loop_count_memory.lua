-- The size of the heap, over and over.
--> error ran for 200ms without a wait
register_tool("attack", function() while true do collectgarbage("count") gcinfo() end end)
