-- Nothing but calls of a Go function.
--> error ran for 200ms without a wait
register_tool("attack", function() while true do type(1) end end)
