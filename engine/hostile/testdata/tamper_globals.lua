-- Every global is gone.
--> result ^still here$
for name in pairs(_G) do if name ~= "register_tool" then _G[name] = nil end end
register_tool("attack", function() return "still here" end)
