-- Headers, a status line and answers before the answer that have no end.
--> flags --allow-net=127.0.0.1
--> result ^done$
local url = os.getenv("MOONLARK_HOSTILE_URL")
register_tool("attack", function()
  for _, path in ipairs { "/headers", "/header", "/status", "/early-hints" } do
    local r, reason, code = http.get(url .. path, { timeout = 10 })
    if code ~= "too_large" then error(path .. ": " .. tostring(reason)) end
  end
  return "done"
end)
