-- The same long string, as often as there are arguments.
--> error resulting string too large|too much memory
register_tool("attack", function()
  local s = ("x"):rep(2^25)
  return #string.format(("%s"):rep(20), s, s, s, s, s, s, s, s, s, s, s, s, s, s, s, s, s, s, s, s)
end)
