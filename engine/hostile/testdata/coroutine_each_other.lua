-- Two coroutines resume each other.
--> result ^false cannot resume non-suspended coroutine$
register_tool("attack", function()
  local a, b
  a = coroutine.create(function() return coroutine.resume(b) end)
  b = coroutine.create(function() return coroutine.resume(a) end)
  local _, _, ok, why = coroutine.resume(a)
  return tostring(ok) .. " " .. why
end)
