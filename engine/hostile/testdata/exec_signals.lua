-- A program stops itself, and its script waits for it.
--> flags --allow-run=sh
--> result ^\["timeout","timeout","SEGV"\]$
register_tool("attack", function()
  local r, reason, code = exec.run({ "sh", "-c", "kill -STOP $$" }, { timeout = 0.5 })
  local p = exec.start { "sh", "-c", "sleep 600" }
  p:kill("STOP")
  local _, _, late = p:wait(0.2)
  return { code, late, exec.run({ "sh", "-c", "kill -SEGV $$" }).signal }
end)
