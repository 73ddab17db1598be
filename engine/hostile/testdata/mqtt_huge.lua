-- A broker that announces messages of 256 MiB and begins to send them, and one that sends them a byte at a time.
--> flags --allow-listen=0 --allow-net=127.0.0.1
--> result ^0 messages$
n = 0
on_start(function()
  local server = tcp.listen { port = 0 }
  local turn = 0
  server:on_connection(function(c)
    c:receive("*s")
    turn = turn + 1
    c:send("\32\3\0\0\0\48\255\255\255\127\0\1a\0")
    for i = 1, 10000 do
      if not c:send(turn % 2 == 0 and "x" or ("x"):rep(65536)) then return end
      if turn % 2 == 0 then sleep(0.01) end
    end
  end)
  for i = 1, 4 do
    local client = mqtt.connect("mqtt://127.0.0.1:" .. server.port, { max_message = i * 4194304, client_id = "c" .. i })
    client:subscribe("#", function(m) n = n + 1 end)
  end
end)
register_tool("attack", function() sleep(3) return n .. " messages" end)
