-- Each spawned task spawns two more.
--> says too many functions are waiting to start
--> lasts 500ms
local function again() spawn(again) spawn(again) end
on_start(again)
