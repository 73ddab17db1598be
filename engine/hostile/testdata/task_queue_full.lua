-- Queues that nobody empties, and values that fill the memory.
--> error too much memory|full after 100001
--> calm too much memory|is busy
register_tool("attack", function()
  local q = task.queue(100000)
  for i = 1, 1e9 do if not q:try(("x"):rep(10000) .. i) then error("full after " .. i) end end
end)
