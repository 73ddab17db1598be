-- The top level registers two tools with the same name.
--> refused load_twice.lua:4: register_tool: twice is registered already, at load_twice.lua:3
register_tool("twice", print)
register_tool("twice", print)
