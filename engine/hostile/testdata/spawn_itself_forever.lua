-- Each spawned task spawns itself again at its end, without end.
--> lasts 500ms
--> says begun
local function again() spawn(again) end
on_start(function() again() print("begun") end)
