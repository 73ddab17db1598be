-- The result has all byte values and is not UTF-8.
--> result
register_tool("attack", function() local t = {} for i = 0, 255 do t[i + 1] = string.char(i) end return table.concat(t) end)
