-- getmetatable must not return the metatables of calls, timers and strings.
--> result ^call timer string$
register_tool("attack", function(_, call)
  local timer = after(100, print)
  timer:cancel()
  return getmetatable(call) .. " " .. getmetatable(timer) .. " " .. getmetatable("")
end)
