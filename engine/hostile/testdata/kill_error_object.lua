-- A stopped handler catches the error and raises a tool error of its own.
--> error ran for 200ms without a wait
register_tool("attack", function()
  pcall(function() while true do end end)
  error({ message = "all is well", type = "user_rejected" })
end)
