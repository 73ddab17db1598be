-- A string that doubles, where no error is seen.
--> flags --memory 32
--> error too much memory
register_tool("attack", function()
  local s = "x"
  while true do pcall(function() while true do s = s .. s end end) end
end)
