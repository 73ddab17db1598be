-- A for loop calls an iterator that never returns.
--> error ran for 200ms without a wait
register_tool("attack", function()
  for v in function() while true do end end do end
end)
