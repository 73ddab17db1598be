-- The result is NaN. The agent receives it in the form that tostring gives.
--> result (?i)nan
register_tool("attack", function() return 0 / 0 end)
