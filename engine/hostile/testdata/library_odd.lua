-- Every library function gets every kind of argument, except functions that wait, end the program or log.
--> result ^done$
local protected = pcall
local function pcall(f, ...)
  local ok, why = protected(f, ...)
  if not ok and type(why) == "string" and why:find("runtime error", 1, true) then error(why) end
  return ok, why
end
register_tool("attack", function()
  local values = { "nil", 0, -1, 1e15, 0 / 0, "", "x", "%", {}, print, true, coroutine.create(print) }
  local left = { sleep = true, every = true, after = true, spawn = true, print = true, stop = true, _G = true, setfenv = true, log = true, context = true, send = true, error = true }
  local seen = {}
  local function try(t)
    if seen[t] then return end
    seen[t] = true
    local names = {}
    for name, f in pairs(t) do if not left[name] then names[#names + 1] = name end end
    for _, name in ipairs(names) do
      local f = t[name]
      if type(f) == "table" then try(f) end
      if type(f) == "function" then
        pcall(f)
        for _, a in ipairs(values) do
          if a == "nil" then a = nil end
          pcall(f, a)
          for _, b in ipairs(values) do pcall(f, a, b) pcall(f, b, a, b) pcall(f, a, b, a, b) end
        end
      end
    end
  end
  try(_G)
  return "done"
end)
