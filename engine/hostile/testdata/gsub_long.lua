-- gsub makes a million replacements, in an endless loop.
--> error ran for 200ms without a wait
register_tool("attack", function()
  local s = ("ab"):rep(1e6)
  while true do s:gsub("a", "") end
end)
