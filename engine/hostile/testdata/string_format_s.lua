-- %s inserts a long string twenty times.
--> error resulting string too large|too much memory
register_tool("attack", function()
  local s = ("x"):rep(2^25)
  return #string.format(("%s"):rep(20), s, s, s, s, s, s, s, s, s, s, s, s, s, s, s, s, s, s, s, s)
end)
