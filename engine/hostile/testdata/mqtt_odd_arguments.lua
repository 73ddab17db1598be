-- Topics, payloads and options that are wrong, very long or endless.
--> flags --allow-net=127.0.0.1
--> result ^0 were sent$
register_tool("attack", function()
  local cycle = {} cycle[1] = cycle
  local nan, inf = 0 / 0, 1 / 0
  for _, options in ipairs { { keepalive = nan }, { keepalive = -1 }, { version = 6 }, { session = -1 }, { session = inf }, { max_message = 2 ^ 53 },
    { timeout = nan }, { will = {} }, { will = { topic = "#" } }, { will = { topic = "a", payload = cycle } }, { client_id = ("x"):rep(70000) },
    { status = "+" }, { user = "a\0b" }, { nothing = 1 } } do
    if pcall(mqtt.connect, "mqtt://127.0.0.1:1", options) then error("options are accepted: " .. json.encode(options)) end
  end
  for _, url in ipairs { "", "mqtt://", "mqtt://:1", "mqtt://a:99999", "http://127.0.0.1", "mqtt://127.0.0.1:1/a\0b", ("x"):rep(100000), "mqtt://10.0.0.1" } do
    if pcall(mqtt.connect, url) then error(url) end
  end
  local client, n = mqtt.connect("mqtt://127.0.0.1:1", { timeout = 0.1 }), 0
  for _, topic in ipairs { "", "#", "a/+", "a\0b", ("x"):rep(70000), "\255\254" } do
    if pcall(client.publish, client, topic, "x") then n = n + 1 end
  end
  for _, payload in ipairs { cycle, print, client, coroutine.create(print) } do
    if pcall(client.publish, client, "a", payload) then n = n + 1 end
  end
  for _, filter in ipairs { "", "a/#/b", "a+", "#a", ("+/"):rep(40000), {}, { 1 }, cycle } do
    if pcall(client.subscribe, client, filter, print) then n = n + 1 end
  end
  mqtt.match(("+/"):rep(30000) .. "#", ("a/"):rep(30000))
  return n .. " were sent"
end)
