-- One call resumes the coroutine in which another call sleeps.
--> error cannot resume non-suspended coroutine
--> result ^slept$
--> calls 2
local co
register_tool("attack", function()
  if co then return error((select(2, coroutine.resume(co)))) end
  co = coroutine.create(function() sleep(0.3) return "slept" end)
  return select(2, coroutine.resume(co))
end)
