-- Home Assistant: the agent switches lamps, and Home Assistant shows what the agent does. Say "turn on
-- the hall lamp" or "how warm is it in the kitchen".
--
--   moonlark run --allow-net=homeassistant.local scripts/home_assistant.lua
--
-- The broker is that of Home Assistant. The lamps and sensors are those of Zigbee2MQTT: other bridges have
-- other topics.

local client = mqtt.connect(os.getenv("MOONLARK_MQTT_URL") or "mqtt://homeassistant.local", { status = "moonlark/agent/status" })

-- What Home Assistant shows. With the switch, an automation can silence the agent at night.
local agent = client:home_assistant { name = "Voice agent", id = "moonlark_agent", model = "Moonlark" }
local talking = agent:binary_sensor { id = "talking", name = "In a conversation", class = "running" }
local heard = agent:sensor { id = "heard", name = "Last sentence", icon = "mdi:microphone-message" }
agent:switch {
  id = "muted",
  name = "Muted",
  icon = "mdi:microphone-off",
  on_command = function(on, switch)
    session.mute(on)
    switch:set(on)
    print(on and "muted by Home Assistant" or "no longer muted")
  end,
}:set(false)

on("status", function(e) talking:set(e.status == "connected") end)
on("user_transcript", function(e) heard:set(e.user_transcript:sub(1, 255)) end)

-- The last state of each lamp and each sensor, by its name in Zigbee2MQTT.
local things = {}
client:subscribe("zigbee2mqtt/+", function(msg)
  local thing = msg:json()
  if type(thing) == "table" then things[msg.levels[1]] = thing end
end)

register_tool {
  name = "set_lamp",
  description = "Switches a lamp on or off",
  parameters = {
    room = { type = "string", enum = { "kitchen", "hall", "bedroom" }, description = "which room" },
    on = { type = "boolean", description = "true for on" },
  },
  phrases = { "turn {on} the {room} lamp", "turn the {room} lamp {on}" },
  handler = function(args)
    -- With QoS 1, the broker confirms that it has the message.
    local sent, why = client:publish(("zigbee2mqtt/%s_lamp/set"):format(args.room), { state = args.on and "ON" or "OFF" }, { qos = 1 })
    if not sent or why == "queued" then
      log.warn(why)
      return nil, "the lamps cannot be reached"
    end
    return ("The lamp in the %s is %s."):format(args.room, args.on and "on" or "off")
  end,
}

register_tool {
  name = "temperature",
  description = "Says how warm it is in a room",
  parameters = { room = { type = "string", enum = { "kitchen", "hall", "bedroom" }, description = "which room" } },
  phrases = { "how warm is it in the {room}" },
  handler = function(args)
    local sensor = things[args.room .. "_sensor"]
    if not sensor or type(sensor.temperature) ~= "number" then return nil, "there is no sensor in the " .. args.room end
    return ("It is %d degrees in the %s."):format(math.floor(sensor.temperature + 0.5), args.room)
  end,
}
