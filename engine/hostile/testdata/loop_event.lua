-- An event handler runs an endless loop.
--> says on ping has run for 100ms without a wait, at loop_event.lua:4
--> says on ping: stopped: ran for 200ms without a wait
on("ping", function() while true do end end)
