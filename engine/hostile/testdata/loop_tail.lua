-- A function that calls itself last needs no stack, and has no end.
--> error ran for 200ms without a wait, at loop_tail.lua:3
local function again() return again() end
register_tool("attack", again)
