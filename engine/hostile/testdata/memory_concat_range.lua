-- A range without an end.
--> error
register_tool("attack", function() return table.concat({}, "", -1e300, 1e300) end)
