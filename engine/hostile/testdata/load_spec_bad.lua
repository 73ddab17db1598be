-- The top level registers tools with invalid specifications.
--> result ^done$
local protected = pcall
local function pcall(f, ...)
  local ok, why = protected(f, ...)
  if not ok and tostring(why):find("runtime error", 1, true) then error(why) end
  return ok, why
end
local cycle = {}
cycle.properties = { a = cycle } cycle.type = "object" cycle.items = cycle
local deep = { type = "string" }
for i = 1, 10000 do deep = { type = "array", items = deep } end
for i, spec in ipairs {
  { parameters = { x = cycle } }, { parameters = { x = deep } }, { parameters = 1 }, { parameters = { 1, 2 } }, { parameters = { [{}] = {} } },
  { timeout = 0 / 0 }, { timeout = 1 / 0 }, { timeout = -1 }, { timeout = "x" }, { phrases = { {} } }, { phrases = 1 }, { required = { "y" } },
  { parameters = { x = { type = "string", enum = cycle } } }, { parameters = { x = { type = "none" } } }, { description = {} }, { [1] = 1 }, { [cycle] = 1 },
} do
  if pcall(register_tool, "bad" .. i, spec, print) then error("registered: " .. i) end
end
register_tool("attack", function() return "done" end)
