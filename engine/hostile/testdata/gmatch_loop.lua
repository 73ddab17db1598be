-- A pattern that matches nothing at all, at every place, for ever.
--> error ran for 200ms without a wait
register_tool("attack", function()
  while true do for _ in ("x"):rep(1e5):gmatch("()") do end end
end)
