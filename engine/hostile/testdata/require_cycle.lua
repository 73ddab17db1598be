-- Modules that require each other; there are none, but for the script itself.
--> error
register_tool("attack", function() return require("require_cycle") end)
