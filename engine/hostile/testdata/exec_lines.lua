-- A program writes lines faster than the script takes them, and a line without an end.
--> flags --allow-run=sh
--> result ^65536$
n = 0
register_tool("attack", function()
  local p = exec.start({ "sh", "-c", "yes" }, { on_line = function(line) n = n + 1 end })
  local q = exec.start { "sh", "-c", "tr '\\0' x </dev/zero" }
  local longest = 0
  for i = 1, 100 do longest = math.max(longest, #(q:read_line(1) or "")) end
  q:kill("KILL")
  p:kill("KILL")
  p:wait(5)
  return longest
end)
