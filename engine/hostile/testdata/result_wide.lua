-- A result that doubles with each level.
--> error result: longer than 262144 bytes
register_tool("attack", function() local t = { "leaf" } for i = 1, 50 do t = { t, t } end return t end)
