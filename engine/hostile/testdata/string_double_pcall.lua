-- A string doubles its length in an endless loop inside pcall.
--> flags --memory 32
--> error too much memory
--> calm too much memory|is busy: its script is being loaded again; try again in a moment
register_tool("attack", function()
  local s = "x"
  while true do pcall(function() while true do s = s .. s end end) end
end)
