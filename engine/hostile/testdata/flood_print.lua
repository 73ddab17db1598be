-- A task prints in an endless loop.
--> error ran for 200ms without a wait
register_tool("attack", function() while true do print("x") end end)
