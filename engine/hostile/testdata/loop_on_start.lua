-- on_start runs an endless loop.
--> says on_start: stopped: ran for 200ms without a wait, at loop_on_start.lua:3
on_start(function() while true do end end)
