-- It is asked again and again for no text at all.
--> error ran for 200ms without a wait|source too long
register_tool("attack", function()
  while true do load(function() return " " end) end
end)
