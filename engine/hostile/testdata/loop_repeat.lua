-- A repeat loop has a condition that never holds.
--> error ran for 200ms without a wait, at loop_repeat.lua:3
register_tool("attack", function() repeat local never = false until never end)
