-- A program ends, but what it has started keeps its output open.
--> flags --allow-run=sh
--> result ^done
register_tool("attack", function()
  local r = exec.run({ "sh", "-c", "sleep 600 & sleep 600 & echo done" }, { timeout = 10 })
  return r.stdout
end)
