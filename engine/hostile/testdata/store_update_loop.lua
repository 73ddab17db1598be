-- store.update in store.update, errors in it, and values that cannot be kept.
--> result ^12$
register_tool("attack", function()
  local n = 0
  local function refused(...) n = n + 1 local ok, r = pcall(...) if ok and r then error(n) end end
  local function inner() return store.update("a", inner) end
  refused(store.update, "a", inner)
  refused(store.update, "a", function() error("odd") end)
  refused(store.update, "a", function() return print end)
  local cycle = {}
  cycle[1] = cycle
  refused(store.set, "a", cycle)
  local deep = {}
  for i = 1, 100000 do deep = { deep } end
  refused(store.set, "a", deep)
  refused(store.set, "a\255", 1)
  refused(store.set, "", 1)
  refused(store.set, "a", 0 / 0)
  refused(store.set, "a", 1, { ttl = -1 })
  refused(store.set, "a", 1, { ttl = 1e300 })
  refused(store.open, "../../x")
  refused(store.open, ("x"):rep(1000))
  return n
end)
