-- The arguments have the names of metamethods, an empty name and a NUL as keys.
--> result ^nil$
--> args {"__index":"x","__metatable":"x","":1,"__call":"x","__gc":1,"\u0000":2}
register_tool("attack", function(args) return tostring(getmetatable(args)) end)
