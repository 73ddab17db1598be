-- Replacements behind an __index that never ends.
--> error ran for 200ms without a wait
register_tool("attack", function()
  return (("x"):gsub("x", setmetatable({}, { __index = function() while true do end end })))
end)
