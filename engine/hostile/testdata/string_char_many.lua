-- string.char gets as many arguments as possible.
--> result ^7997$
register_tool("attack", function()
  local t = {}
  for i = 1, 7997 do t[i] = 65 end
  return #string.char(unpack(t))
end)
