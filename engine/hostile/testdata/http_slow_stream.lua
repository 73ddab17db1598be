-- A stream whose lines come byte by byte for ever. The call of the tool ends it.
--> flags --allow-net=127.0.0.1
--> error timeout: only \d+ bytes of the body
local url = os.getenv("MOONLARK_HOSTILE_URL")
register_tool { name = "attack", timeout = 1, handler = function()
  for l in assert(http.get(url .. "/slow-lines", { stream = true })):lines() do end
end }
