-- The function that a for loop asks always has another value.
--> error ran for 200ms without a wait
register_tool("attack", function()
  for v in function() return true end do end
end)
