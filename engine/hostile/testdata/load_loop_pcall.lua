-- The top level holds its own end.
--> refused ran for 200ms without a wait
while true do pcall(function() while true do end end) end
