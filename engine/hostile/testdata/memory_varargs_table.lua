-- A handler keeps tables of as many arguments as possible.
--> flags --memory 32
--> error too much memory
register_tool("attack", function()
  local t, all = {}, {}
  for i = 1, 7997 do t[i] = i end
  while true do all[#all + 1] = { unpack(t) } end
end)
