-- A gigabyte in the format deflate, with and without a header.
--> flags --allow-net=127.0.0.1
--> result ^done$
local url = os.getenv("MOONLARK_HOSTILE_URL")
register_tool("attack", function()
  for _, path in ipairs { "/deflate", "/deflate-raw" } do
    local r, reason, code = http.get(url .. path)
    if r and #r.body > 8 * 1024 * 1024 then error(#r.body) end
  end
  return "done"
end)
