-- Timers that fail a thousand times a second, with long errors.
--> lasts 500ms
--> says timer: .*x+
for i = 1, 50 do every(0.001, function() error(("x"):rep(10000)) end) end
