-- Handlers for events that are none, a thousand of them.
--> result ^done$
for i = 1, 1000 do on("event" .. i, print) on("ping", function() end) end
register_tool("attack", function() return "done" end)
