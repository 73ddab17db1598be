-- A handler calls a Go function in an endless loop.
--> error ran for 200ms without a wait
register_tool("attack", function() while true do type(1) end end)
