-- The script replaces tostring with a function that never returns, and calls print.
--> error ran for 200ms without a wait
register_tool("attack", function()
  tostring = function() while true do end end
  print(1)
end)
