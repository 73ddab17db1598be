-- An event stream of nothing but comments, which never end.
--> flags --allow-net=127.0.0.1
--> error timeout: only|took longer than 2s
local url = os.getenv("MOONLARK_HOSTILE_URL")
register_tool { name = "attack", timeout = 2, handler = function()
  for e in assert(http.get(url .. "/event-comments", { stream = true })):events() do error("an event") end
end }
