-- os.date and os.time get times that no calendar has, and unknown directives.
--> result ^done$
local protected = pcall
local function pcall(f, ...)
  local ok, why = protected(f, ...)
  if not ok and tostring(why):find("runtime error", 1, true) then error(why) end
  return ok, why
end
register_tool("attack", function()
  for _, t in ipairs { 1e300, -1e300, 2^63, -2^63, 0 / 0, 1 / 0, -1 / 0, 67768036191694800, -67768036191694800 } do
    pcall(os.date, "%c", t) pcall(os.date, "*t", t) pcall(os.date, "!%x %j %U %W", t)
    pcall(os.time, { year = t, month = t, day = t, hour = t })
  end
  for c = 0, 255 do pcall(os.date, "%" .. string.char(c)) end
  return "done"
end)
