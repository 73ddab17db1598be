-- The top level registers handlers for a thousand events that do not exist.
--> result ^done$
for i = 1, 1000 do on("event" .. i, print) on("ping", function() end) end
register_tool("attack", function() return "done" end)
