-- A stopped handler catches the error and returns a result.
--> error ran for 200ms without a wait
register_tool("attack", function()
  local ok = pcall(function() while true do end end)
  return "all is well"
end)
