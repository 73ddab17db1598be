-- A broker that accepts each connection and ends it at once: the client waits longer and longer.
--> flags --allow-listen=0 --allow-net=127.0.0.1
--> result ^\d{1,2} connections$
--> lasts 3s
n = 0
on_start(function()
  local server = tcp.listen { port = 0 }
  server:on_connection(function(c) n = n + 1 c:receive("*s") c:send("\32\3\0\0\0") end)
  local client = mqtt.connect("mqtt://127.0.0.1:" .. server.port)
  client:on("disconnect", function() client:publish("a", "b", { qos = 2 }) end)
end)
register_tool("attack", function() sleep(3) return n .. " connections" end)
