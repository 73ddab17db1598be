-- As many tasks as possible sleep for a second. The script must work again after that.
--> error too many functions are waiting to start
--> calm same did not begin
--> says 256 tasks are waiting
register_tool("attack", function() for i = 1, 1000 do spawn(sleep, 1) end end)
