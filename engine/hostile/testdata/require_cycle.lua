-- A handler requires the script itself.
--> error
register_tool("attack", function() return require("require_cycle") end)
