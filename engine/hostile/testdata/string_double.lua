-- A string doubles its length in an endless loop.
--> flags --memory 32
--> error too much memory
register_tool("attack", function() local s = "x" while true do s = s .. s end end)
