-- load holds the errors of the function that it asks for the text.
--> error ran for 200ms without a wait
register_tool("attack", function()
  return load(function() while true do end end)
end)
