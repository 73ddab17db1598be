-- The order function empties the table while table.sort sorts it.
--> result ^\d+$
register_tool("attack", function()
  local t = {}
  for i = 1, 100 do t[i] = -i end
  table.sort(t, function(a, b) t[#t] = nil t[1] = nil return a < b end)
  return #t
end)
