-- A coroutine resumes itself, and a wrapped coroutine calls itself.
--> result non%-suspended|non-suspended
register_tool("attack", function()
  local co
  co = coroutine.create(function() return select(2, coroutine.resume(co)) end)
  local w
  w = coroutine.wrap(function() return w() end)
  pcall(w)
  return select(2, coroutine.resume(co))
end)
