-- Headers and bodies that come byte by byte: the timeout is for the whole call.
--> flags --allow-net=127.0.0.1
--> result ^\["timeout","timeout","timeout","timeout"\]$
local url = os.getenv("MOONLARK_HOSTILE_URL")
register_tool("attack", function()
  local function slow(path) return function() return select(3, http.get(url .. path, { timeout = 1 })) end end
  local codes = {}
  local all = task.settle { slow "/silent", slow "/slow-header", slow "/slow-body", slow "/slow-lines" }
  for i, r in ipairs(all) do codes[i] = r.value end
  return codes
end)
