-- The handler returns nil and a reason that is a table.
--> error
register_tool("attack", function() local t = {} t.t = t return nil, t end)
