-- As many of the longest strings as go into memory, and all of them kept.
--> flags --memory 32
--> error too much memory
register_tool("attack", function()
  local t = {}
  while true do t[#t + 1] = ("x"):rep(2^25) end
end)
