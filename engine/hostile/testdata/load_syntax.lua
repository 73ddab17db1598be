-- A file that is no Lua.
--> refused load_syntax.lua:3: syntax error near '='
x = = 1
