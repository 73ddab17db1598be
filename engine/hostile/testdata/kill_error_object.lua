-- The error of the stop is caught, and another raised in its place.
--> error ran for 200ms without a wait
register_tool("attack", function()
  pcall(function() while true do end end)
  error({ message = "all is well", type = "user_rejected" })
end)
