-- Widths that no one has.
--> error
register_tool("attack", function() return #string.format("%99999999d", 1) end)
