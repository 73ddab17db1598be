-- Timers keep long strings.
--> flags --memory 32
--> error too much memory|more than 1024 timers
--> calm too much memory|is busy: its script is being loaded again; try again in a moment
register_tool("attack", function()
  while true do local s = ("x"):rep(1e6) .. os.clock() after(3600, function() return s end) end
end)
