-- The top level raises a table whose __tostring never returns.
--> refused load_error.lua
error(setmetatable({}, { __tostring = function() while true do end end }))
