-- A thousand calls of a server that says nothing, from two hundred tasks.
--> flags --allow-net=127.0.0.1
--> result done
local url = os.getenv("MOONLARK_HOSTILE_URL")
register_tool("attack", function()
  local list = {}
  for i = 1, 1000 do list[i] = function() return select(3, http.get(url .. "/silent", { timeout = 1 })) end end
  return task.settle(list, { limit = 200, timeout = 3 })[1].reason or "done"
end)
