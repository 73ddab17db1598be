-- nil and a reason that is no text.
--> error
register_tool("attack", function() local t = {} t.t = t return nil, t end)
