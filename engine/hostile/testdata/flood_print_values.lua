-- A task prints and logs as many values as possible in one line.
--> error ran for 200ms without a wait
register_tool("attack", function()
  local t = {}
  for i = 1, 7997 do t[i] = i end
  while true do print(unpack(t)) log.warn(unpack(t)) end
end)
