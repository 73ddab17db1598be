-- The top level registers a tool that another script has.
--> refused the tool other is registered by
register_tool("other", print)
