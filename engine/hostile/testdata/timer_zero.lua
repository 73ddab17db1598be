-- Timers and sleep get times of zero, negative times, NaN and infinities.
--> result ^done$
local protected = pcall
local function pcall(f, ...)
  local ok, why = protected(f, ...)
  if not ok and tostring(why):find("runtime error", 1, true) then error(why) end
  return ok, why
end
register_tool("attack", function()
  for _, s in ipairs { 0, -1, 0 / 0, 1 / 0, -1 / 0, 1e300, "x", 2^63, 1e-300 } do
    pcall(every, s, print) pcall(after, -1, print) pcall(sleep, -1)
  end
  for _, s in ipairs { 1e10, 1 / 0, 0 / 0, -1 } do if pcall(sleep, s) then error("slept") end end
  return "done"
end)
