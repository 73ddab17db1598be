-- The memory is filled anew each time that the script has been loaded again: the pauses before that get longer.
--> flags --burst 10s --memory 64
--> times 3
--> error too much memory
--> calm too much memory|has been closed|being loaded again
--> says the script is loaded again
local kept = {}
register_tool("attack", function() for i = 1, 1e9 do kept[i] = ("x"):rep(1000) .. i end end)
