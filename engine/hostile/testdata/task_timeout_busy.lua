-- task.timeout of a function that never waits.
--> error ran for 200ms without a wait|timeout
register_tool("attack", function()
  return task.timeout(0.05, function() while true do end end)
end)
