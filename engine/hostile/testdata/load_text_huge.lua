-- loadstring gets a text of 24 MB.
--> result source too long
register_tool("attack", function() return select(2, loadstring(("x = 1 "):rep(4e6))) end)
