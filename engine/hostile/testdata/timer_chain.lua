-- Each timer sets two more timers.
--> says more than 1024 timers
--> lasts 500ms
local function again() after(0, again) after(0, again) end
on_start(again)
