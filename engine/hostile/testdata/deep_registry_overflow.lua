-- A call passes thousands of arguments while the value stack is nearly full.
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
  local function leaf(...) return select("#", ...) end
  local function fill(depth, n, ...)
    if depth == 0 then return leaf(unpack(t, 1, n)) end
    local r = fill(depth - 1, n, ...)
    return r
  end
  local wrong = 0
  for depth = 32, 33 do
    for n = 7000, 7997, 498 do
      local ok, why = pcall(fill, depth, n, unpack(t))
      if not ok and not tostring(why):find("overflow") then wrong = wrong + 1 end
    end
  end
  return wrong == 0 and "done" or wrong .. " wrong"
end)
