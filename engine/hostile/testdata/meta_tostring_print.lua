-- A loop in __tostring, under print.
--> error ran for 200ms without a wait
register_tool("attack", function()
  print(setmetatable({}, { __tostring = function() while true do end end }))
end)
