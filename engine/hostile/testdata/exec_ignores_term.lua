-- A program ignores SIGTERM, and starts others that do so too.
--> flags --allow-run=sh
--> result ^timeout$
register_tool("attack", function()
  local began = time.monotonic()
  local r, reason, code = exec.run({ "sh", "-c", "trap '' TERM INT HUP; (trap '' TERM; while :; do sleep 1; done) & while :; do sleep 1; done" }, { timeout = 0.5 })
  local p = exec.start { "sh", "-c", "trap '' TERM; while :; do sleep 1; done" }
  sleep(0.2)
  p:kill("TERM")
  sleep(0.2)
  if not p:running() then error("it has ended") end
  p:kill("KILL")
  p:wait(5)
  if time.monotonic() - began > 14 then error("too long") end
  return code
end)
