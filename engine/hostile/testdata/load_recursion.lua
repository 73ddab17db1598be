-- The top level calls a function that calls itself.
--> refused stack overflow
local function f() return 1 + f() end
f()
