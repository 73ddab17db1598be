-- A mail server that sends lines without end, nothing at all, or nonsense.
--> flags --allow-listen=0 --allow-net=127.0.0.1
--> result ^0 mails$
on_start(function()
  server = tcp.listen { port = 0 }
  local n = 0
  server:on_connection(function(c)
    n = n + 1
    if n % 5 == 1 then return end
    if n % 5 == 2 then for i = 1, 100000 do if not c:send(("220-more\r\n"):rep(1000)) then return end end end
    if n % 5 == 3 then for i = 1, 100000 do if not c:send(("x"):rep(10000)) then return end end end
    if n % 5 == 4 then c:send("999 what\r\n\255\0\r\n") end
    c:send("220 hello\r\n")
    for i = 1, 1000 do
      if not c:receive("*l", 2) or not c:send("250-" .. ("SIZE 99999999999999999999 "):rep(100) .. "\r\n") then return end
    end
  end)
end)
register_tool("attack", function()
  local n, list = 0, {}
  for i = 1, 20 do
    list[i] = function()
      if mail.send { server = "smtp://127.0.0.1:" .. server.port, insecure = true, from = "a@b.example", to = "c@d.example", text = "x", timeout = 1 } then n = n + 1 end
    end
  end
  task.settle(list, { limit = 4, timeout = 8 })
  return n .. " mails"
end)
