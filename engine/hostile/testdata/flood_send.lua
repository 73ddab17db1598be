-- A task sends user messages in an endless loop.
--> error ran for 200ms without a wait
register_tool("attack", function() while true do session.send("x") end end)
