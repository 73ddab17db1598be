-- A handler keeps strings of 32 MiB until the memory is full.
--> flags --memory 32
--> error too much memory
register_tool("attack", function()
  local t = {}
  while true do t[#t + 1] = ("x"):rep(2^25) end
end)
