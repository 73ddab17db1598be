-- The file ends in the middle of a long string.
--> refused load_huge_file.lua:\d+: unfinished|load_huge_file.lua
local x = [[
