-- Functions of debounce and throttle that call themselves.
--> result ^done$
register_tool("attack", function()
  local n, f = 0
  f = debounce(0.001, function() n = n + 1 for i = 1, 100 do f() end end)
  f()
  local g
  g = throttle(0, function() n = n + 1 if n < 1e6 then return g() end end)
  pcall(g)
  sleep(0.5)
  return "done"
end)
