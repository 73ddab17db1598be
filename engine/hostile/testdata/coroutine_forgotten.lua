-- A task starts more coroutines than may exist, but does not keep them.
--> result ^done$
register_tool("attack", function()
  for round = 1, 10 do
    for i = 1, 1000 do coroutine.wrap(function() coroutine.yield(i) end)() end
    local garbage = {}
    for i = 1, 50 do garbage[i] = ("x"):rep(1e5) .. i end
    sleep(0.02)
  end
  return "done"
end)
