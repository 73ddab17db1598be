-- The order function yields, and the coroutine is then abandoned.
--> result ^done$
register_tool("attack", function()
  for i = 1, 5000 do
    local co = coroutine.wrap(function() table.sort({ 3, 2, 1 }, function(a, b) coroutine.yield(1) return a < b end) end)
    co()
    if i % 500 == 0 then sleep(0.02) end
  end
  return "done"
end)
