-- Spawned tasks sleep and keep long strings as arguments.
--> flags --memory 32
--> error too much memory|too many functions are waiting to start
--> calm too much memory|is busy: its script is being loaded again; try again in a moment
register_tool("attack", function()
  while true do
    for i = 1, 100 do spawn(function(s) sleep(3600) end, ("x"):rep(1e6) .. i) end
    sleep(0.001)
  end
end)
