-- A handler catches the error with pcall when the memory is full, and fills it again.
--> flags --memory 32
--> error too much memory
register_tool("attack", function()
  while true do pcall(function() local t = {} for i = 1, 1e9 do t[i] = { i } end end) end
end)
