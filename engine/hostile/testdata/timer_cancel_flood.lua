-- A handler sets and cancels timers in an endless loop.
--> error ran for 200ms without a wait
register_tool("attack", function() while true do after(60, print):cancel() end end)
