-- Functions that make new strings get a long string in an endless loop.
--> error ran for 200ms without a wait|too much memory
register_tool("attack", function()
  local s = ("x"):rep(2^24)
  while true do s:upper() s:reverse() s:lower() s:sub(2) end
end)
