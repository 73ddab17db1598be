-- An insert from far below zero moves all that is above.
--> error ran for 200ms without a wait
register_tool("attack", function() table.insert({}, -1e15, 1) end)
