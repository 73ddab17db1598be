-- An endless loop runs inside pcall, and pcall inside an endless loop.
--> error ran for 200ms without a wait
register_tool("attack", function()
  while true do pcall(function() while true do end end) end
end)
