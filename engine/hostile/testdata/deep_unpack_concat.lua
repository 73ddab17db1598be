-- Functions of the library get, and return, as many values as possible.
--> result ^done$
local protected = pcall
local function pcall(f, ...)
  local ok, why = protected(f, ...)
  if not ok and tostring(why):find("runtime error", 1, true) then error(why) end
  return ok, why
end
register_tool("attack", function()
  local t = {}
  for n = 1, 7997 do t[n] = n end
  for i = 1, 2 do
    pcall(function() return unpack(t), unpack(t), { unpack(t) }, unpack(t) end)
    pcall(string.char, unpack(t))
    pcall(math.max, unpack(t))
    pcall(string.format, ("%d"):rep(7000), unpack(t))
    pcall(select, -1, unpack(t))
    pcall(coroutine.wrap(function(...) return coroutine.yield(...) end), unpack(t))
    pcall(print, select("#", unpack(t)))
    pcall(table.insert, unpack(t))
    pcall(error, unpack(t))
    pcall(spawn, function() end, unpack(t))
  end
  return "done"
end)
