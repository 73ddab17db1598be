-- Keys without an end, in many stores.
--> error 16|took longer
register_tool { name = "attack", timeout = 5, handler = function()
  for n = 1, 100 do
    local s = store.open("s" .. n)
    for i = 1, 1000 do s.set(tostring(i), 1, { lazy = true }) end
  end
end }
