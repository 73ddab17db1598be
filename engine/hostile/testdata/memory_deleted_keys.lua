-- A handler adds keys and sets others to nil. gopher-lua never frees the entries of deleted keys.
--> error too much memory|ran for 200ms without a wait
register_tool("attack", function() local t = {} for i = 1, 1e9 do t[{}] = true t["key" .. i] = nil end end)
