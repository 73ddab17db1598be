-- Events that never end. The call of the tool ends the stream.
--> flags --allow-net=127.0.0.1
--> error timeout: only|took longer than 2s|ran for
local url = os.getenv("MOONLARK_HOSTILE_URL")
register_tool { name = "attack", timeout = 2, handler = function()
  for e in assert(http.get(url .. "/events", { stream = true })):events() do end
end }
