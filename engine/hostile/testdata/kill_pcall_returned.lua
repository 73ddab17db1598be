-- What pcall returns would be the result: it must not pass for one.
--> error ran for 200ms without a wait
register_tool("attack", function()
  return pcall(function() while true do end end)
end)
