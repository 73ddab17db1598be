-- A handler raises a table whose __tostring never returns. Nothing may call that __tostring.
--> error
register_tool("attack", function()
  error(setmetatable({}, { __tostring = function() while true do end end }))
end)
