-- table.concat gets a range from -1e300 to 1e300.
--> error
register_tool("attack", function() return table.concat({}, "", -1e300, 1e300) end)
