-- The same in a coroutine, whose resume would hold the error.
--> error attack took longer than 200ms and was stopped
register_tool { name = "attack", timeout = 0.2, handler = function()
  while true do coroutine.resume(coroutine.create(function() while true do pcall(sleep, 1) end end)) end
end }
