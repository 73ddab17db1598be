-- The function on_line never returns, and the program never ends.
--> flags --allow-run=sh
--> result ^true$
--> lasts 1s
register_tool("attack", function()
  local p = exec.start({ "sh", "-c", "yes" }, { on_line = function(line) sleep(600) end, on_exit = function() while true do sleep(1) end end })
  sleep(1)
  return p:running()
end)
