-- A server that asks to be called again at once.
--> flags --allow-net=127.0.0.1
--> result ^503$
local url = os.getenv("MOONLARK_HOSTILE_URL")
register_tool("attack", function()
  local r = assert(http.get(url .. "/retry-after", { retries = 5, timeout = 10 }))
  return r.status
end)
