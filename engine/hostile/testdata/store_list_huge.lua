-- A list of more than the memory.
--> result ^too_large$
register_tool("attack", function()
  for i = 1, 20 do store.set("k" .. i, ("x"):rep(1000000), { lazy = true }) end
  return select(3, store.list("k", { limit = 10000 }))
end)
