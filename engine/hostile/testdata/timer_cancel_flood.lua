-- Timers that are cancelled as soon as they are set.
--> error ran for 200ms without a wait
register_tool("attack", function() while true do after(60, print):cancel() end end)
