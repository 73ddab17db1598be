-- Mails with the largest attachments, from many tasks, to a server that takes very little.
--> flags --allow-listen=0 --allow-net=127.0.0.1
--> result ^0 mails$
on_start(function()
  server = tcp.listen { port = 0 }
  server:on_connection(function(c)
    c:send("220 hello\r\n")
    c:receive("*l", 5)
    c:send("250 SIZE\r\n")
    for i = 1, 3 do c:receive("*l", 5) c:send(i < 3 and "250 yes\r\n" or "354 go on\r\n") end
    c:receive("*l", 5)
    sleep(600)
  end)
end)
register_tool("attack", function()
  local n, list = 0, {}
  local half = ("x"):rep(12 * 2 ^ 20)
  for i = 1, 60 do
    list[i] = function()
      local ok, sent = pcall(mail.send, { server = "smtp://127.0.0.1:" .. server.port, insecure = true, from = "a@b.example", to = "c@d.example", html = ("ä"):rep(1000),
        attachments = { { name = "a", data = half }, { name = "b", data = half } }, timeout = 1 })
      if ok and sent then n = n + 1 end
    end
  end
  task.settle(list, { timeout = 8 })
  return n .. " mails"
end)
