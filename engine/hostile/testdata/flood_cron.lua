-- A thousand timers with schedules are due each second, and each is restarted again and again.
--> lasts 1500ms
--> says the timers ran
local timers, ran = {}, 0
for i = 1, 1000 do
  timers[i] = cron("* * * * * *", function()
    ran = ran + 1
    for j = 1, 20 do timers[i]:restart() end
    if ran == 1000 then print("the timers ran") end
  end)
end
local again = debounce(0, function() end)
every(0.001, function() for i = 1, 100 do again(i) end end)
