-- A table has only the indexes 60,000,000 and 2^53.
--> result ^0 1$
register_tool("attack", function()
  local t = {}
  t[6e7] = 1
  t[2^53] = 1
  return #t .. " " .. t[6e7]
end)
