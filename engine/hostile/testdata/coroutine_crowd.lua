-- A task creates more coroutines than may exist at the same time.
--> error more than 4096 coroutines at once|ran for 200ms without a wait
register_tool("attack", function()
  local all = {}
  for i = 1, 10000 do
    all[i] = coroutine.create(coroutine.yield)
    assert(coroutine.resume(all[i]))
  end
end)
