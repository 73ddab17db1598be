-- Fifty timers fail a thousand times a second, with long error messages.
--> lasts 500ms
--> says every: .*x+
for i = 1, 50 do every(0.001, function() error(("x"):rep(10000)) end) end
