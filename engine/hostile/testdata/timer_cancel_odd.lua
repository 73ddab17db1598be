-- cancel is called on values that are not timers, twice on one timer, and inside the timer's function.
--> result ^done$
local protected = pcall
local function pcall(f, ...)
  local ok, why = protected(f, ...)
  if not ok and tostring(why):find("runtime error", 1, true) then error(why) end
  return ok, why
end
register_tool("attack", function(_, call)
  local t
  t = every(0.001, function() t:cancel() t:cancel() end)
  for _, v in ipairs { 1, "x", {}, print, call } do pcall(t.cancel, v) end
  pcall(t.cancel)
  sleep(0.05)
  t:cancel()
  return "done"
end)
