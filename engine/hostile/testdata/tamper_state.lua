-- The script replaces the table state. Nothing is then carried over to the next generation.
--> result ^done$
register_tool("attack", function() state = setmetatable({}, { __index = function() while true do end end }) state = print return "done" end)
