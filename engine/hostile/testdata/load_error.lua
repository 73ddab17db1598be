-- The top level fails, with an error that is no text.
--> refused load_error.lua
error(setmetatable({}, { __tostring = function() while true do end end }))
