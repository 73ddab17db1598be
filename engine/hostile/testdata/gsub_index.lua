-- gsub takes replacements from a table whose __index never returns.
--> error ran for 200ms without a wait
register_tool("attack", function()
  return (("x"):gsub("x", setmetatable({}, { __index = function() while true do end end })))
end)
