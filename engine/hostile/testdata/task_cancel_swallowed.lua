-- Tasks that try to swallow that they are cancelled.
--> result ^\["cancelled","cancelled","cancelled"\]$
register_tool("attack", function()
  local t = task.spawn(function() while true do pcall(sleep, 600) end end)
  local u = task.spawn(function() while true do pcall(function() while true do task.yield() end end) end end)
  local v = task.spawn(function() local m = task.mutex() while true do pcall(m.with, m, function() sleep(600) end) end end)
  sleep(0.05)
  t:cancel() u:cancel() v:cancel()
  return { select(3, t:wait(5)), (select(3, u:wait(5))), (select(3, v:wait(5))) }
end)
