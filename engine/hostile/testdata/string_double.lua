-- A string that doubles.
--> error too much memory
register_tool("attack", function() local s = "x" while true do s = s .. s end end)
