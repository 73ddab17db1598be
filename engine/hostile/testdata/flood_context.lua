-- A task sends context messages in an endless loop.
--> error ran for 200ms without a wait
register_tool("attack", function() while true do session.context("x") end end)
