-- A result that holds itself.
--> error result: .*cycle
register_tool("attack", function() local t = {} t.t = t return t end)
