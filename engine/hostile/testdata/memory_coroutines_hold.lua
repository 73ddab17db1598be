-- Suspended coroutines keep long strings.
--> flags --memory 32
--> error too much memory|more than 4096 coroutines
--> calm too much memory|is busy: its script is being loaded again; try again in a moment
register_tool("attack", function()
  local all = {}
  while true do
    local co = coroutine.wrap(function() local s = ("x"):rep(1e5) .. #all coroutine.yield() return s end)
    co()
    all[#all + 1] = co
  end
end)
