-- task.retry calls a server that says nothing, a thousand times.
--> flags --allow-net=127.0.0.1
--> error took longer than 2s
local url = os.getenv("MOONLARK_HOSTILE_URL")
register_tool { name = "attack", timeout = 2, handler = function()
  return task.retry(1000, function() return http.get(url .. "/silent", { timeout = 0.01 }) end, { wait = 0, factor = 1 })
end }
