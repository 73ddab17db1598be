-- The file is not valid Lua.
--> refused load_syntax.lua:3: syntax error near '='
x = = 1
