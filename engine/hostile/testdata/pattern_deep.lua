-- A match as deep as the text is long.
--> result
register_tool("attack", function() return #(("a"):rep(2e6)):match("^(.-)$") end)
