-- string.format gets a width of 99,999,999.
--> error
register_tool("attack", function() return #string.format("%99999999d", 1) end)
