-- A handler whose time is over catches the error in a coroutine and sleeps again.
--> error attack took longer than 200ms and was stopped
register_tool { name = "attack", timeout = 0.2, handler = function()
  while true do coroutine.resume(coroutine.create(function() while true do pcall(sleep, 1) end end)) end
end }
