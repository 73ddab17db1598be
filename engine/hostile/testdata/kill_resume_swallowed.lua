-- A handler starts a new coroutine with an endless loop each time a coroutine is stopped.
--> error ran for 200ms without a wait
register_tool("attack", function()
  while true do
    coroutine.resume(coroutine.create(function() while true do end end))
  end
end)
