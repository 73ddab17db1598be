-- A task that sleeps in the innermost of ten coroutines is stopped by its timeout.
--> error took longer than 100ms and was stopped
register_tool { name = "attack", timeout = 0.1, handler = function()
  local function nest(n)
    if n == 0 then while true do pcall(sleep, 100) end end
    return coroutine.wrap(function() return nest(n - 1) end)()
  end
  return nest(10)
end }
