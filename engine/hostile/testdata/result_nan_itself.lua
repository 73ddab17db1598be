-- Such a number as the result itself is shown as Lua shows it.
--> result (?i)nan
register_tool("attack", function() return 0 / 0 end)
