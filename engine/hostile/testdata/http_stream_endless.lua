-- A stream of lines that come faster than the script reads them, and never end.
--> flags --allow-net=127.0.0.1
--> error timeout: only|took longer than 2s|ran for
local url = os.getenv("MOONLARK_HOSTILE_URL")
register_tool { name = "attack", timeout = 2, handler = function()
  for l in assert(http.get(url .. "/lines", { stream = true })):lines() do end
end }
