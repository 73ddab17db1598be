-- gmatch finds the empty pattern at each position of a long text, in an endless loop.
--> error ran for 200ms without a wait
register_tool("attack", function()
  while true do for _ in ("x"):rep(1e5):gmatch("()") do end end
end)
