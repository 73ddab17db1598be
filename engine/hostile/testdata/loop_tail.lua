-- A function calls itself as a tail call, which needs no stack.
--> error ran for 200ms without a wait, at loop_tail.lua:3
local function again() return again() end
register_tool("attack", again)
