-- Events come faster than their handler can handle them.
--> events 2000
--> says events were dropped: the event handlers are too slow
--> says seen \d
--> lasts 500ms
local n = 0
on("agent_response", function() sleep(0.01) end)
on("agent_response", function() n = n + 1 if n % 100 == 0 then print("seen " .. n) end end)
