-- Two hundred tasks wait for a queue, and are cancelled again and again.
--> result ^1$
register_tool("attack", function()
  local q = task.queue(1)
  for n = 1, 30 do
    local list = {}
    for i = 1, 150 do list[i] = task.spawn(function() q:get() end) end
    task.yield()
    for _, t in ipairs(list) do t:cancel() end
    for _, t in ipairs(list) do t:wait() end
  end
  q:put(1)
  return q:get()
end)
