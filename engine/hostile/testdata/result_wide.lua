-- The result contains a table twice, and so on for 50 levels, so its JSON would be huge.
--> error result: longer than 262144 bytes
register_tool("attack", function() local t = { "leaf" } for i = 1, 50 do t = { t, t } end return t end)
