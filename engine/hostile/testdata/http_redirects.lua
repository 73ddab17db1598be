-- Redirects that lead round and round, get longer and longer, and carry endless bodies.
--> flags --allow-net=127.0.0.1
--> result ^\["failed: .*20.*","(failed|invalid): .*","failed: .*20.*"\]$
local url = os.getenv("MOONLARK_HOSTILE_URL")
register_tool("attack", function()
  local codes = {}
  for i, path in ipairs { "/loop", "/longer", "/redirect-body" } do
    codes[i] = select(2, http.get(url .. path, { redirects = 20 }))
  end
  return codes
end)
