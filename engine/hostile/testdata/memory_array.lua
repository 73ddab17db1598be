-- A handler fills arrays with numbers without end.
--> error too much memory|ran for 200ms without a wait
register_tool("attack", function() while true do local t = {} for i = 1, 1e9 do t[i] = i end end end)
