-- The same, at once.
--> refused ran for 200ms without a wait
setmetatable(_G, { __index = function() while true do end end })
return nothing
