-- Redirects to addresses that the script may not reach, in all spellings.
--> flags --allow-net=127.0.0.1
--> result ^done$
local url = os.getenv("MOONLARK_HOSTILE_URL")
register_tool("attack", function()
  for _, to in ipairs {
    "http://169.254.169.254/latest/meta-data/", "http://localhost:1/", "http://0.0.0.0/", "http://[::1]/", "http://[::ffff:127.0.0.1]:1/",
    "http://2130706433/", "http://0x7f000001/", "http://0177.0.0.1/", "http://127.1/", "http://10.0.0.1/", "http://192.168.0.1/",
    "http://user:word@10.0.0.1/", "//10.0.0.1/", "http://127.0.0.1@10.0.0.1/", "http://[fe80::1%25lo]/", "http://[64:ff9b::7f00:1]/",
    "file:///etc/passwd", "gopher://127.0.0.1/", "ftp://127.0.0.1/", "javascript:1", "unix:///run/docker.sock", "http://", "http:///", "\0",
  } do
    local r, reason, code = http.get(url .. "/redirect", { query = { to = to }, timeout = 5 })
    if r then error(to .. " has answered " .. r.status) end
    if code ~= "denied" and code ~= "invalid" and code ~= "unsupported" and code ~= "refused" then error(to .. ": " .. reason) end
    if code == "refused" and not to:find("127.0.0.1", 1, true) then error(to .. ": " .. reason) end
  end
  return "done"
end)
