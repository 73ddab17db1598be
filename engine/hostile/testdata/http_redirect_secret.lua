-- A redirect to another origin does not get the headers of the script.
--> flags --allow-net=127.0.0.1
--> error ^(this tool is not permitted to do that)$
local url = os.getenv("MOONLARK_HOSTILE_URL")
register_tool("attack", function()
  local other = url:gsub("127%.0%.0%.1", "127.0.0.2")
  local r = assert(http.get(url .. "/redirect", { query = { to = other .. "/show" }, bearer = "4711-0815", headers = { ["X-Key"] = "4711-0815" }, cookies = http.cookies() }))
  error(r.body)
end)
