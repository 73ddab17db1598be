-- A program writes for ever: to stdout, to stderr, and in one line.
--> flags --allow-run=sh
--> result ^\["timeout truncated","timeout","timeout 1048576"\]$
register_tool("attack", function()
  local codes = {}
  local endless = { "sh", "-c", "while :; do echo xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx; done" }
  local r, reason, code, part = exec.run(endless, { timeout = 1 })
  codes[1] = code .. (part.truncated and " truncated" or "")
  r, reason, code, part = exec.run({ "sh", "-c", "while :; do echo x >&2; done" }, { timeout = 1, max_output = 64 * 1024 * 1024 })
  codes[2] = code
  r, reason, code, part = exec.run({ "sh", "-c", "tr '\\0' x </dev/zero" }, { timeout = 1 })
  codes[3] = code .. " " .. #part.stdout
  return codes
end)
