-- A for loop calls an iterator that never ends the loop.
--> error ran for 200ms without a wait
register_tool("attack", function()
  for v in function() return true end do end
end)
