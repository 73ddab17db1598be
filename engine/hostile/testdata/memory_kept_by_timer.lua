-- A timer fills the memory after each reload. The pauses between reloads must get longer.
--> flags --memory 32
--> lasts 3s
--> calm too much memory|is busy: its script is being loaded again; try again in a moment
--> says the script is loaded again
local kept = {}
every(0.01, function() while true do kept[#kept + 1] = ("x"):rep(1000) .. #kept end end)
