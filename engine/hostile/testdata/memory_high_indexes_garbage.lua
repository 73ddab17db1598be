-- A handler makes tables that each have one very high index, and keeps none.
--> error ran for 200ms without a wait|too much memory
register_tool("attack", function() while true do local t = {} t[2^20 - 1] = 1 end end)
