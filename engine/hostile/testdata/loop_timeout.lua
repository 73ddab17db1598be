-- The timeout of a tool call is shorter than the maximum time that its loop may run.
--> error attack took longer than 50ms and was stopped
--> says tool attack: stopped after
register_tool { name = "attack", timeout = 0.05, handler = function() while true do end end }
