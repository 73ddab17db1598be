-- string.format gets every directive with every kind of value.
--> result ^done$
local protected = pcall
local function pcall(f, ...)
  local ok, why = protected(f, ...)
  if not ok and tostring(why):find("runtime error", 1, true) then error(why) end
  return ok, why
end
register_tool("attack", function()
  for c = 32, 126 do
    for _, v in ipairs { 0 / 0, -1e308, "", {}, coroutine.create(print) } do
      for _, flags in ipairs { "+#0 -", "99.99", "100" } do
        pcall(string.format, "%" .. flags .. string.char(c), v)
      end
    end
  end
  return "done"
end)
