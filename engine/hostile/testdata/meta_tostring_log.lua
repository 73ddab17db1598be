-- __tostring runs an endless loop while log.info calls it.
--> error ran for 200ms without a wait
register_tool("attack", function()
  log.info(setmetatable({}, { __tostring = function() while true do end end }))
end)
