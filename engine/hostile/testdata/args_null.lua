-- No arguments at all.
--> result ^table$
--> args null
register_tool("attack", function(args) return type(args) end)
