-- A function has an environment whose __index never returns.
--> error ran for 200ms without a wait
register_tool("attack", function()
  return setfenv(function() return x end, setmetatable({}, { __index = function() while true do end end }))()
end)
