-- The process ends while timers fire, tasks sleep and on_unload runs an endless loop.
--> says begun
on_unload(function() pcall(sleep, 10) while true do pcall(function() while true do end end) end end)
for i = 1, 100 do every(0.001, function() pcall(sleep, 0.01) end) end
on_start(function()
  for i = 1, 50 do spawn(function() while true do pcall(sleep, 10) end end) end
  print("begun")
end)
