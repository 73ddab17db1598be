-- A task creates ten million coroutines and resumes none.
--> error too much memory|ran for 200ms without a wait
register_tool("attack", function()
  local all = {}
  for i = 1, 1e7 do all[i] = coroutine.create(print) end
end)
