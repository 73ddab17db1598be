-- The functions that remain in debug get every kind of argument.
--> result ^done$
local protected = pcall
local function pcall(f, ...)
  local ok, why = protected(f, ...)
  if not ok and tostring(why):find("runtime error", 1, true) then error(why) end
  return ok, why
end
register_tool("attack", function()
  local co = coroutine.create(function() coroutine.yield() end)
  coroutine.resume(co)
  for _, v in ipairs { -1, 0, 1, 2, 1e9, 2^63, 0 / 0, "1", {}, print, co, true } do
    for _, what in ipairs { "flnSuL", "", "x", ">", ("S"):rep(1e5), "f" } do pcall(debug.getinfo, v, what) pcall(debug.getinfo, co, v, what) end
    pcall(debug.traceback, v) pcall(debug.traceback, co, v, v) pcall(debug.traceback, "x", v)
  end
  return "done"
end)
