-- Bodies, chunks, trailers and lengths that have no end.
--> flags --allow-net=127.0.0.1
--> result ^\["/body too_large: .*","/chunks too_large: .*","/chunk-comment invalid: .*","/trailers invalid: .*","/length too_large: .*"\]$
local url = os.getenv("MOONLARK_HOSTILE_URL")
register_tool("attack", function()
  local codes = {}
  for i, path in ipairs { "/body", "/chunks", "/chunk-comment", "/trailers", "/length" } do
    local r, reason, code = http.get(url .. path, { timeout = 5 })
    if r then error(path .. " had an end") end
    codes[i] = path .. " " .. reason
  end
  return codes
end)
