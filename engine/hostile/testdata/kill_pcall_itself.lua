-- Calls of pcall that are nested in each other run an endless loop.
--> error ran for 200ms without a wait
register_tool("attack", function()
  return pcall(pcall, pcall, pcall, function() while true do end end)
end)
