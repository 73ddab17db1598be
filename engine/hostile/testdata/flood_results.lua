-- Many calls at the same time return results of the maximum length.
--> result ^x+$
--> calls 32
register_tool("attack", function() return ("x"):rep(256 * 1024) end)
