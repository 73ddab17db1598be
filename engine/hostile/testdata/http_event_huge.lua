-- An event, and an id, that have no end.
--> flags --allow-net=127.0.0.1
--> result ^\[".*too_large.*",".*too_large.*"\]$
local url = os.getenv("MOONLARK_HOSTILE_URL")
register_tool("attack", function()
  local why = {}
  for i, path in ipairs { "/event", "/event-id" } do
    why[i] = select(2, pcall(function()
      for e in assert(http.get(url .. path, { stream = true })):events() do error("an event") end
    end))
  end
  return why
end)
