-- table.insert at a position far below zero would move a very long range.
--> error ran for 200ms without a wait
register_tool("attack", function() table.insert({}, -1e15, 1) end)
