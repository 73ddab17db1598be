-- The script removes every global.
--> result ^still here$
local all, keep = _G, register_tool
for name in pairs(all) do all[name] = nil end
register_tool = keep
register_tool("attack", function() return "still here" end)
