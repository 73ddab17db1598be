-- Switches lamps by way of MQTT, and shows the temperature in Home Assistant.
local client = mqtt.connect("mqtt://broker.lan", { status = "test/status" })
local sensor = client:home_assistant({ name = "Test", id = "test" }):sensor { id = "outside", unit = "°C" }

client:subscribe("weather/temperature", function(msg)
  if not msg.retained then sensor:set(tonumber(msg.payload)) end
end)

client:subscribe("echo", function(msg) msg:reply(msg.payload .. "!") end)

register_tool("lamp", function(args)
  local ok, why = client:publish("lamp/set", { on = args.on }, { qos = 1 })
  if not ok then return nil, why end
  return "done"
end)

register_tool("ask", function() return client:request("echo", "hello").payload end)

register_tool("wait_for_door", function()
  local msg, reason = client:subscribe("door"):receive(5)
  return msg and msg.payload or reason
end)
