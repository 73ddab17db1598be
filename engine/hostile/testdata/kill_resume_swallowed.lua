-- Coroutines that are stopped, and another one after each.
--> error ran for 200ms without a wait
register_tool("attack", function()
  while true do
    coroutine.resume(coroutine.create(function() while true do end end))
  end
end)
