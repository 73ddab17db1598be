-- string.format quotes a long string in an endless loop.
--> error ran for 200ms without a wait|too much memory
register_tool("attack", function()
  while true do string.format("%q", ("\0"):rep(2^22)) end
end)
