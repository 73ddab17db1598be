-- The arguments are null.
--> result ^table$
--> args null
register_tool("attack", function(args) return type(args) end)
