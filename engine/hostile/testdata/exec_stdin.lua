-- Programs that read nothing of what they get, and those that close their input.
--> flags --allow-run=sh
--> result ^\["timeout",3,"(closed|failed)"\]$
register_tool("attack", function()
  local codes = {}
  local r, reason, code = exec.run({ "sh", "-c", "sleep 600" }, { stdin = ("x"):rep(10e6), timeout = 0.5 })
  codes[1] = code
  r = exec.run({ "sh", "-c", "exec <&-; exit 3" }, { stdin = ("x"):rep(10e6), timeout = 5 })
  codes[2] = r.code
  local p = exec.start({ "sh", "-c", "sleep 600" }, { stdin = "pipe" })
  local w = task.spawn(function() return p:write(("x"):rep(10e6)) end)
  sleep(0.2)
  p:kill("KILL")
  codes[3] = select(3, w:wait(5))
  return codes
end)
