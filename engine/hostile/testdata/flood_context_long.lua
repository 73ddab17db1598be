-- A task sends long context messages in an endless loop.
--> error ran for 200ms without a wait|too much memory
register_tool("attack", function() local s = ("x"):rep(250000) while true do session.context(s) end end)
