-- The functions of the subscriptions leave room for other tasks of the script.
-- A hundred clients of a broker that is not there, a hundred thousand subscriptions, and messages that wait to be sent.
--> flags --allow-net=127.0.0.1
--> result ^4 clients, 128 subscriptions, \d+ messages, busy$
register_tool("attack", function()
  local clients, subscriptions, messages, code = {}, 0, 0, nil
  for i = 1, 100 do
    local ok, client = pcall(mqtt.connect, "mqtt://127.0.0.1:1", { client_id = "c" .. i })
    if ok and client then clients[#clients + 1] = client end
  end
  for i = 1, 100000 do
    local ok, subscription = pcall(clients[1].subscribe, clients[1], "a/" .. i, print)
    if not (ok and subscription) then break end
    subscriptions = i
  end
  local payload = ("x"):rep(1024 * 1024)
  for i = 1, 2000 do
    local ok, why
    ok, why, code = clients[1]:publish("a", payload, { qos = 1 })
    if not ok then break end
    messages = i
  end
  return #clients .. " clients, " .. subscriptions .. " subscriptions, " .. messages .. " messages, " .. tostring(code)
end)
