-- A while loop has no end.
--> error attack was stopped: ran for 200ms without a wait, at loop_while.lua:4
--> says tool attack has run for 100ms without a wait, at loop_while.lua:4
register_tool("attack", function() while true do end end)
