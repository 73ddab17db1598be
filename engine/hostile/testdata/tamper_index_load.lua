-- The table of globals has an __index that never returns, and the top level reads a missing global.
--> refused ran for 200ms without a wait
setmetatable(_G, { __index = function() while true do end end })
return nothing
