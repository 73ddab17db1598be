-- An error that is a table that holds itself, with a type that is none.
--> error
register_tool("attack", function() local e = { type = {} } e.message = e error(e) end)
