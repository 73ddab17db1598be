-- The time of a call is over before that of its loop.
--> error attack took longer than 50ms and was stopped
--> says tool attack: stopped after
register_tool { name = "attack", timeout = 0.05, handler = function() while true do end end }
