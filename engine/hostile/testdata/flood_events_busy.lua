-- Events come while their handler runs an endless loop.
--> events 10
--> says on agent_response: stopped: ran for 200ms without a wait
--> lasts 500ms
--> calm same did not begin
on("agent_response", function() while true do end end)
