-- An endless loop runs in a coroutine inside a coroutine.
--> error ran for 200ms without a wait, at coroutine_loop.lua:5
register_tool("attack", function()
  coroutine.wrap(function() coroutine.wrap(function()
    while true do end
  end)() end)()
end)
