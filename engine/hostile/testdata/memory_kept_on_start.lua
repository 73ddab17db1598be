-- The memory is filled, and kept, whenever the script is loaded.
--> flags --burst 10s --memory 64
--> lasts 5s
--> calm too much memory|has been closed|being loaded again
--> says the script is loaded again
local kept = {}
on_start(function() for i = 1, 1e9 do kept[i] = ("x"):rep(1000) .. i end end)
