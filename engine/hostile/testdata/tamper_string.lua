-- The functions of strings are others, and their metatable is out of reach.
--> result ^string mine$
register_tool("attack", function()
  string.upper = function() return "mine" end
  return tostring(getmetatable("")) .. " " .. ("x"):upper()
end)
