-- A handler sets more timers than allowed, each of which fires every millisecond.
--> error more than 1024 timers
--> lasts 500ms
register_tool("attack", function() for i = 1, 5000 do every(0.001, function() end) end end)
