-- A description of sixty-four megabytes, and a hundred thousand phrases.
--> result ^done$
local phrases = {}
for i = 1, 1e5 do phrases[i] = "phrase {x} " .. i end
pcall(register_tool, "huge", { description = ("x"):rep(2^26), phrases = phrases, parameters = { x = { type = "string" } } }, print)
register_tool("attack", function() return "done" end)
