-- A store filled to the brim with large values, and with small ones.
--> result ^\["full",".*1 MiB.*|.*1048576.*",".*512.*"\]$
register_tool { name = "attack", timeout = 14, handler = function()
  local why = {}
  local function fill(s, value, to)
    for i = 1, 200000 do
      local ok, reason, code = s.set(tostring(i), value, { lazy = true })
      if not ok then return code end
    end
  end
  why[1] = fill(store.open("large"), ("x"):rep(1000000))
  why[2] = select(2, pcall(store.set, "a", ("x"):rep(2000000)))
  why[3] = select(2, pcall(store.set, ("k"):rep(513), 1))
  return why
end }
