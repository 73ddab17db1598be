-- The handler raises a table that contains itself and has an invalid type.
--> error
register_tool("attack", function() local e = { type = {} } e.message = e error(e) end)
