-- Every function of math gets NaN, infinities, huge numbers and values of other types.
--> result ^done$
local protected = pcall
local function pcall(f, ...)
  local ok, why = protected(f, ...)
  if not ok and tostring(why):find("runtime error", 1, true) then error(why) end
  return ok, why
end
register_tool("attack", function()
  for name, f in pairs(math) do
    if type(f) == "function" then
      for _, a in ipairs { 0 / 0, 1 / 0, -1 / 0, 0, -1, 2^63, -2^63, 2^53 + 1, 1e308, "x", {}, "0x10" } do
        for _, b in ipairs { 0 / 0, 1 / 0, 0, -1, 2^63, {} } do pcall(f, a) pcall(f, a, b) pcall(f, b, a) end
      end
      pcall(f)
    end
  end
  return "done"
end)
