-- The top level registers tools with invalid names.
--> result ^done$
local protected = pcall
local function pcall(f, ...)
  local ok, why = protected(f, ...)
  if not ok and tostring(why):find("runtime error", 1, true) then error(why) end
  return ok, why
end
local all = { "", " ", "a b", ("x"):rep(65), "\0", "../x", "é", 1, {}, true, print }
for _, name in ipairs(all) do
  if pcall(register_tool, name, print) and type(name) ~= "number" then error("registered: " .. tostring(name)) end
end
register_tool("attack", function() return "done" end)
