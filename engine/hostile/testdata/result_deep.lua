-- A result that is nested a hundred thousand times.
--> error result: .*tables in each other
register_tool("attack", function() local t = {} for i = 1, 1e5 do t = { t } end return t end)
