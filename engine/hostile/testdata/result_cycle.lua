-- The result is a table that contains itself.
--> error result: t: a table cannot contain itself
register_tool("attack", function() local t = {} t.t = t return t end)
