-- setfenv and getfenv get every level and every kind of value.
--> result ^done$
local protected, show, find, error = pcall, tostring, string.find, error
local function pcall(f, ...)
  local ok, why = protected(f, ...)
  if not ok and find(show(why), "runtime error", 1, true) then error(why) end
  return ok, why
end
register_tool("attack", function()
  if pcall(setfenv, 0, {}) then error("level 0") end
  for level = 0, 300 do pcall(getfenv, level) end
  for _, v in ipairs { -1, 1e300, 0 / 0, "1", {}, print, coroutine.create(print) } do pcall(setfenv, v, {}) pcall(getfenv, v) end
  pcall(setfenv, register_tool, {}) pcall(setfenv, pcall, {}) pcall(setfenv, 2, {})
  local f = setfenv(function() return x end, setmetatable({}, { __index = function() return "done" end }))
  return f()
end)
