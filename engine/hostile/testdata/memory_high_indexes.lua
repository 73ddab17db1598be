-- A handler keeps tables that each have one very high index, which costs 16 MiB each.
--> flags --memory 32
--> error too much memory
register_tool("attack", function()
  local all = {}
  for i = 1, 1e9 do local t = {} t[2^20 - 1] = 1 all[i] = t end
end)
