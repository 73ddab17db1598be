-- The result is nested a hundred thousand levels deep.
--> error result: .*nested tables
register_tool("attack", function() local t = {} for i = 1, 1e5 do t = { t } end return t end)
