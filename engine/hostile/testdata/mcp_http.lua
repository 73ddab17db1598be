-- Servers that answer with headers, bodies and events without end, or not at all.
--> flags --allow-net=127.0.0.1
--> result ^done$
local url = os.getenv("MOONLARK_HOSTILE_URL")
local servers = {}
for i, path in ipairs { "/body", "/chunks", "/length", "/headers", "/header", "/status", "/silent", "/slow-header", "/slow-body", "/lines", "/events", "/event", "/event-id", "/gzip", "/loop" } do
  servers[i] = mcp.connect { url = url .. path, name = "s" .. i, startup = 2, headers = { A = "b" } }
  servers[i]:offer { allow = { "*" }, ask = { "*" } }
end
register_tool("attack", function()
  local list = {}
  for i, server in ipairs(servers) do
    list[i] = function()
      local r = server:call("x", {}, { timeout = 4 })
      if r then error("a result of " .. i) end
    end
  end
  local ok, why = pcall(task.all, list)
  if not ok then error(why) end
  return "done"
end)
