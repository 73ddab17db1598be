-- The top level runs an endless loop.
--> refused load_loop.lua:3: ran for 200ms without a wait|load_loop.lua: ran for 200ms without a wait, at load_loop.lua:3
while true do end
