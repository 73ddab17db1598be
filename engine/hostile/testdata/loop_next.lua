-- A loop iterates over a table that grows during the loop.
--> error ran for 200ms without a wait|too much memory
register_tool("attack", function()
  local t = { 1 }
  while true do
    for k in pairs(t) do t[#t + 1] = k t[{}] = nil end
  end
end)
