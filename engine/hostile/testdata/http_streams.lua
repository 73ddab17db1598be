-- A script opens streams and forgets them.
--> flags --allow-net=127.0.0.1
--> result timeout: .*wait
local url = os.getenv("MOONLARK_HOSTILE_URL")
kept = {}
register_tool("attack", function()
  for i = 1, 300 do
    local r, reason = http.get(url .. "/lines", { stream = true, timeout = 0.3 })
    if not r then return reason end
    kept[i] = r
  end
end)
