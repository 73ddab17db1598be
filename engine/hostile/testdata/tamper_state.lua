-- state is something else: what is carried over is nothing.
--> result ^done$
register_tool("attack", function() state = setmetatable({}, { __index = function() while true do end end }) state = print return "done" end)
