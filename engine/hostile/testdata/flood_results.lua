-- The longest results there are, many at once.
--> result ^x+$
--> calls 32
register_tool("attack", function() return ("x"):rep(256 * 1024) end)
