-- A task that begins itself again as its last act, for ever.
--> lasts 500ms
--> says begun
local function again() spawn(again) end
on_start(function() again() print("begun") end)
