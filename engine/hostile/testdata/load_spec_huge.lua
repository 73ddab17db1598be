-- A tool has a description of 16 MiB and ten thousand phrases.
--> result ^done$
local phrases = {}
for i = 1, 1e4 do phrases[i] = "phrase {x} " .. i end
pcall(register_tool, "huge", { description = ("x"):rep(2^24), phrases = phrases, parameters = { x = { type = "string" } } }, print)
register_tool("attack", function() return "done" end)
