-- table.sort sorts numbers for a long time without calling Lua code.
--> error ran for 200ms without a wait
register_tool("attack", function()
  local t = {}
  for i = 1, 20000 do t[i] = (i * 7919) % 20011 end
  while true do table.sort(t) table.sort(t, function(a, b) return a > b end) end
end)
