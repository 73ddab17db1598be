-- A program that starts others, which start others.
--> flags --allow-run=sh
--> result ^timeout$
register_tool("attack", function()
  local began = time.monotonic()
  local r, reason, code = exec.run({ "sh", "-c", "f() { if [ $1 -gt 0 ]; then f $(($1 - 1)) & f $(($1 - 1)) & fi; sleep 600; }; f 5" }, { timeout = 1 })
  if time.monotonic() - began > 14 then error("too long") end
  return code
end)
