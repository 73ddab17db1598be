-- What is held in a local outside of the handler is there after the kill too: the script is loaded again.
--> flags --burst 10s --memory 64
--> error too much memory
--> says the scripts use too much memory \(more than 64 MiB\); the script is loaded again
--> calm same was not finished: the scripts use too much memory|same was stopped: the scripts use too much memory|no tool|shutting
local kept = {}
register_tool("attack", function() for i = 1, 1e9 do kept[i] = ("x"):rep(1000) .. i end end)
