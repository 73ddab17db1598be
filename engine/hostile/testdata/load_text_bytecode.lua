-- loadstring gets the bytecode of another Lua.
--> result compiled function cannot be loaded
register_tool("attack", function() return select(2, loadstring("\27Lua\81\0\1\4\8\4\8\0" .. ("\255"):rep(1000))) end)
