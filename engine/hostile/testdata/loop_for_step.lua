-- A for loop counts from 2^53, where adding 1 changes nothing.
--> error ran for 200ms without a wait, at loop_for_step.lua:3
register_tool("attack", function() for i = 2^53, math.huge, 1 do end end)
