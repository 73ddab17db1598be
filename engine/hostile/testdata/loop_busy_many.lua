-- Eight calls run endless loops at the same time. Each must get its turn and be stopped.
--> error ran for 200ms without a wait
--> calls 8
register_tool("attack", function() while true do end end)
