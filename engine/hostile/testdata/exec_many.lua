-- A thousand programs.
--> flags --allow-run=sh
--> result ^(busy|full) \d{1,3}$
kept = {}
register_tool("attack", function()
  for i = 1, 1000 do
    local p, reason, code = exec.start { "sh", "-c", "sleep 600" }
    if not p then return code .. " " .. i end
    kept[i] = p
  end
end)
