-- A broker that answers each connection with other bytes that are no MQTT, or too much of it.
--> flags --allow-listen=0 --allow-net=127.0.0.1
--> result ^14 packets, not connected$
local packets = {
  "\255", "\32\255\255\255\255\255", "\32\3\0\0\5", "\32\0", "\32\3\0\135\0", "\32\3\0\0\200",
  "\0\0", "\240\0", "\48\2\0\9", "\64\2\0\1", "\32\255\255\255\127" .. ("x"):rep(70000), ("\208\0"):rep(1000),
  "HTTP/1.1 400 Bad Request\r\n\r\n" .. ("x"):rep(1000), "",
}
n = 0
on_start(function()
  server = tcp.listen { port = 0 }
  server:on_connection(function(c)
    n = n + 1
    c:send(packets[n] or "")
    c:receive("*s", 0.05)
  end)
  for i = 1, #packets do
    local client = mqtt.connect("mqtt://127.0.0.1:" .. server.port, { timeout = 0.3 })
    client:wait(0.3)
    connected = connected or client:connected()
    client:close()
  end
  finished = true
end)
register_tool("attack", function()
  for i = 1, 130 do if finished and n >= #packets then break end sleep(0.1) end
  return n .. " packets, " .. (connected and "connected" or "not connected")
end)
