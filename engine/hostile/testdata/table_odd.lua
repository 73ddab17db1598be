-- Every function of table gets invalid indexes.
--> result ^done$
local protected = pcall
local function pcall(f, ...)
  local ok, why = protected(f, ...)
  if not ok and tostring(why):find("runtime error", 1, true) then error(why) end
  return ok, why
end
register_tool("attack", function()
  for name, f in pairs(table) do
    for _, i in ipairs { 0, -1, 2^20, 2^31, 2^53, -2^53, 2^63, 0 / 0, 1 / 0, -1 / 0, 1.5, "1" } do
      if tonumber(i) > -1e6 or i ~= i then pcall(f, { 1, 2, 3 }, i) pcall(f, { 1, 2, 3 }, i, 1) pcall(f, { 1, 2, 3 }, "", i, i) pcall(f, { 1, 2, 3 }, "", 1, i) end
    end
    pcall(f, {}, function() error("x") end) pcall(f, "x") pcall(f)
  end
  local t = {}
  pcall(function() t[nil] = 1 end) pcall(function() t[0 / 0] = 1 end) pcall(next, {}, "no such key") pcall(rawset, t, nil, 1) pcall(rawset, t, 0 / 0, 1)
  return "done"
end)
