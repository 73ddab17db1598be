-- A broker that sends messages without end to a handler that never ends, and packets that nobody has asked for.
--> flags --allow-listen=0 --allow-net=127.0.0.1
--> result ^connected, 1 handler$
--> lasts 3s
handlers = 0
on_start(function()
  local server = tcp.listen { port = 0 }
  server:on_connection(function(c)
    c:receive("*s")
    c:send("\32\3\0\0\0")
    for id = 1, 60000 do
      local two = string.char(math.floor(id / 256), id % 256)
      local some = ("\48\5\0\1a\0x"):rep(200) .. "\50\7\0\1a" .. two .. "\0x" .. "\52\7\0\1a" .. two .. "\0x" -- QoS 0, 1 and 2
      some = some .. "\98\2" .. two .. "\144\4" .. two .. "\0\0" .. "\64\2" .. two .. "\208\0" -- PUBREL, SUBACK, PUBACK, PINGRESP
      if not c:send(some) then return end
    end
  end)
  client = mqtt.connect("mqtt://127.0.0.1:" .. server.port)
  client:on("connect", function() connected = true end)
  client:subscribe("#", function() handlers = handlers + 1 while true do sleep(10) end end)
end)
register_tool("attack", function() sleep(2) return (connected and "connected" or "not connected") .. ", " .. handlers .. " handler" end)
