-- Handlers for events that are none, a hundred thousand of them.
--> result ^done$
for i = 1, 1e4 do on("event" .. i, print) on("ping", function() end) end
register_tool("attack", function() return "done" end)
