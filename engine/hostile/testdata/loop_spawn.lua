-- Four spawned tasks run endless loops.
--> says spawn: stopped: ran for 200ms without a wait
on_start(function()
  for i = 1, 4 do spawn(function() while true do end end) end
end)
