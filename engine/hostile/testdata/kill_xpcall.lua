-- xpcall's error handler runs an endless loop after the function was stopped.
--> error ran for 200ms without a wait
register_tool("attack", function()
  return xpcall(function() while true do end end, function() while true do end end)
end)
