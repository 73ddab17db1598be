-- A coroutine is stopped, and the handler returns what coroutine.resume returned.
--> error ran for 200ms without a wait
register_tool("attack", function()
  return coroutine.resume(coroutine.create(function() while true do end end))
end)
