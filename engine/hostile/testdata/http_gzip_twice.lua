-- A gzip in a gzip, a gzip of a million empty parts, and a gzip whose header has no end.
--> flags --allow-net=127.0.0.1
--> result ^done$
local url = os.getenv("MOONLARK_HOSTILE_URL")
register_tool("attack", function()
  for _, path in ipairs { "/gzip-twice", "/gzip-empty", "/gzip-header" } do
    local r, reason, code = http.get(url .. path, { timeout = 2 })
    if r and #r.body > 3e6 then error(path .. ": " .. #r.body .. " bytes") end
  end
  return "done"
end)
