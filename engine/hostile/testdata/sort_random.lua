-- table.sort gets an order function that returns random values.
--> result ^done$
register_tool("attack", function()
  for n = 1, 100 do
    local t = {}
    for i = 1, n do t[i] = i end
    pcall(table.sort, t, function() return math.random() < 0.5 end)
  end
  return "done"
end)
