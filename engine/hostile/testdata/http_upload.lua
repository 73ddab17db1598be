-- Bodies that have no end, to a server that reads nothing.
--> flags --allow-net=127.0.0.1
--> result ^\["timeout","timeout","timeout","timeout"\]$
local url = os.getenv("MOONLARK_HOSTILE_URL")
register_tool("attack", function()
  local codes = {}
  codes[1] = select(3, http.post(url .. "/deaf", function() return ("x"):rep(1e6) end, { timeout = 1 }))
  codes[2] = select(3, http.post(url .. "/deaf", function() return "" end, { timeout = 1 }))
  codes[3] = select(3, http.post(url .. "/deaf", function() sleep(0.01) return "x" end, { timeout = 1 }))
  codes[4] = select(3, http.post(url .. "/deaf", ("x"):rep(30e6), { timeout = 1 }))
  return codes
end)
