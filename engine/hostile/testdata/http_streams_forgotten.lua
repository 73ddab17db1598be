-- Streams that a task has forgotten when it ended do not keep their slots for ever.
--> flags --allow-net=127.0.0.1
--> result ^done$
local url = os.getenv("MOONLARK_HOSTILE_URL")
register_tool("attack", function()
  for i = 1, 12 do
    local r, reason = http.get(url .. "/slow-lines", { stream = true, timeout = 0.3 })
    if not r then collectgarbage() end
  end
  return "done"
end)
