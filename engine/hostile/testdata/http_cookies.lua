-- A server that sets two thousand cookies in each answer.
--> flags --allow-net=127.0.0.1
--> result ^(\d{1,3}|1000)$
local url = os.getenv("MOONLARK_HOSTILE_URL")
register_tool("attack", function()
  local jar, n = http.cookies(), 0
  for i = 1, 5 do http.get(url .. "/cookies", { cookies = jar }) end
  for _ in pairs(jar:get(url)) do n = n + 1 end
  return n
end)
