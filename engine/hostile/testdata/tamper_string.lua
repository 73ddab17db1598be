-- The script replaces a string function, but cannot reach the metatable of strings.
--> result ^string mine$
register_tool("attack", function()
  string.upper = function() return "mine" end
  return tostring(getmetatable("")) .. " " .. ("x"):upper()
end)
