-- A timer whose every turn never ends.
--> says timer has run for 100ms without a wait, at loop_timer.lua:5
--> says timer: stopped: ran for 200ms without a wait, at loop_timer.lua:5
every(0.001, function()
  while true do end
end)
