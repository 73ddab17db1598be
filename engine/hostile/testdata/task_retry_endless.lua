-- task.retry whose function fails at once, without a wait.
--> result ^1000$
register_tool("attack", function()
  local n = 0
  task.retry(1000, function() n = n + 1 error("odd") end, { wait = 0, factor = 1 })
  return n
end)
