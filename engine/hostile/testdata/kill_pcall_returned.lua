-- A stopped handler returns the values that pcall returned. They must not become the tool's result.
--> error ran for 200ms without a wait
register_tool("attack", function()
  return pcall(function() while true do end end)
end)
