-- Keys that are deleted again: gopher-lua keeps them all.
--> error too much memory|ran for 200ms without a wait
register_tool("attack", function() local t = {} for i = 1, 1e9 do t[{}] = true t["key" .. i] = nil end end)
