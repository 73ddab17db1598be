-- See load_huge_text: here the text is the file.
--> refused load_huge_file.lua:\d+: unfinished|load_huge_file.lua
local x = [[
