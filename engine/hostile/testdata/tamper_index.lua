-- A metatable of the globals that never answers.
--> error ran for 200ms without a wait
setmetatable(_G, { __index = function() while true do end end, __newindex = function() while true do end end })
register_tool("attack", function() return nothing end)
