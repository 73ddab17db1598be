-- Eight calls at once, none of which would end: each has its turn.
--> error ran for 200ms without a wait
--> calls 8
register_tool("attack", function() while true do end end)
