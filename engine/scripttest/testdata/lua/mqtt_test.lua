test("what the script publishes is recorded", function(t)
  local broker = t.mqtt()
  t.equal(t.call("lamp", { on = true }), "done")
  local calls = broker:calls()
  local last = calls[#calls]
  t.equal({ last.topic, last.json, last.qos, last.retain }, { "lamp/set", { on = true }, 1, false })
end)

test("a message reaches the script, and Home Assistant gets the state", function(t)
  local broker = t.mqtt("broker.lan")
  t.sleep(1) -- the discovery is sent a moment after the script has been loaded
  broker:deliver("weather/temperature", 21.5)
  broker:deliver("weather/temperature", 30, { retained = true })
  local config, state
  for _, call in ipairs(broker:calls()) do
    if call.topic == "homeassistant/device/test/config" then config = call.json end
    if call.topic == "moonlark/test/state" then state = call.json end
  end
  t.equal(config.components.outside.unit_of_measurement, "°C")
  t.equal(config.availability_topic, "test/status")
  t.equal(state, { outside = 21.5 })
end)

test("a request is answered", function(t)
  local broker = t.mqtt()
  t.equal(t.call("ask"), "hello!")
  broker:deliver("echo", "hi", { response_topic = "back", correlation = "1" })
  local calls = broker:calls()
  t.equal({ calls[#calls].topic, calls[#calls].payload }, { "back", "hi!" })
end)

test("the timeout of receive follows the clock of the test", function(t)
  t.mqtt()
  local text = t.call("wait_for_door")
  assert(text:find("^timeout: no message for door in 5 s"), text)
end)

test("without a fake, the permission lacks", function(t)
  assert(t.errors(function() t.call("lamp") end):find("Start with --allow-net=broker.lan", 1, true))
end)
