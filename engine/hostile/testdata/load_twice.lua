-- A name that is registered twice.
--> refused load_twice.lua:4: register_tool: twice is registered already, at load_twice.lua:3
register_tool("twice", print)
register_tool("twice", print)
