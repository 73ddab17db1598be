-- Each time the memory is full, pcall begins anew.
--> flags --memory 32
--> error too much memory
register_tool("attack", function()
  while true do pcall(function() local t = {} for i = 1, 1e9 do t[i] = { i } end end) end
end)
