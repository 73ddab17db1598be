-- A timer runs an endless loop each time.
--> says every has run for 100ms without a wait, at loop_timer.lua:5
--> says every: stopped: ran for 200ms without a wait, at loop_timer.lua:5
every(0.001, function()
  while true do end
end)
