-- A local variable outside the handler keeps the memory full. The script must be loaded again.
--> flags --memory 32
--> times 3
--> error too much memory|is busy: its script is being loaded again; try again in a moment
--> calm too much memory|is busy: its script is being loaded again; try again in a moment
--> says the scripts use too much memory \(more than 32 MiB\); the script is loaded again
local kept = {}
register_tool("attack", function() while true do kept[#kept + 1] = ("x"):rep(1000) .. #kept end end)
