-- A lazy match is as long as a text of two megabytes.
--> result
register_tool("attack", function() return #(("a"):rep(2e6)):match("^(.-)$") end)
