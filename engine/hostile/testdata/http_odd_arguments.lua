-- URLs, headers and options that would break a request.
--> flags --allow-net=127.0.0.1
--> result ^25$
local url = os.getenv("MOONLARK_HOSTILE_URL")
register_tool("attack", function()
  local n = 0
  local function refused(...)
    n = n + 1
    local ok, r, reason = pcall(...)
    if ok and r then error(n .. " was accepted") end
  end
  refused(http.get, url .. "/show", { headers = { A = "b\r\nC: d" } })
  refused(http.get, url .. "/show", { headers = { ["A\r\nB"] = "c" } })
  refused(http.get, url .. "/show", { headers = { Host = "elsewhere" } })
  refused(http.get, url .. "/show", { headers = { A = ("x"):rep(10e6) } })
  refused(http.get, url .. "/" .. ("x"):rep(1e6))
  refused(http.get, "http://127.0.0.1:99999/")
  refused(http.get, "http://127.0.0.1:-1/")
  refused(http.get, "http://169.254.169.254/")
  refused(http.get, "http://10.0.0.1/")
  refused(http.request, "CONNECT", url)
  refused(http.request, "GET / HTTP/1.1\r\nA:", url)
  refused(http.get, url, { timeout = 1e9 })
  refused(http.get, url, { timeout = 0 / 0 })
  refused(http.get, url, { max_bytes = 1e12 })
  refused(http.get, url, { redirects = 1e6 })
  refused(http.get, url, { retries = 1e6 })
  refused(http.get, url, { unix = "/run/docker.sock" })
  refused(http.get, url, { proxy = "http://10.0.0.1:3128" })
  refused(http.get, url, { tls = { ca = "/etc/passwd" } })
  refused(http.download, url .. "/show", "/etc/hosts")
  refused(http.download, url .. "/show", "../../../x")
  refused(http.post, url, { multipart = { { name = "x", file = "/etc/passwd" } } })
  local cycle = {}
  cycle[1] = cycle
  refused(http.post, url, { json = cycle })
  refused(http.post, url, { form = { a = cycle } })
  refused(http.get, url, { query = { a = cycle } })
  return n
end)
