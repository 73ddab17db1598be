-- A handler whose time is over catches the error with pcall and sleeps again.
--> error attack took longer than 200ms and was stopped
--> says attack
register_tool { name = "attack", timeout = 0.2, handler = function()
  while true do pcall(sleep, 1) end
end }
