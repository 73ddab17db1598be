-- Push to talk with a button and a light, for example at a Raspberry Pi. Hold the button and talk; let it
-- go, and the agent answers. The first press starts the conversation, and a long silence ends it.
--
--   moonlark run --agent ID --wait --push-to-talk --allow-gpio=17,27 scripts/push_to_talk.lua
--
-- The button is between GPIO17 and ground, and the light at GPIO27. To try it without them, add
-- --gpio=sim --http 8080, and press the button with
--
--   curl -d '{"line": 17, "value": true}' http://127.0.0.1:8080/gpio

local button = gpio.button(17)
local light = gpio.output(27, { at_close = false })

local speaking = false -- the agent speaks

-- show makes the light show what goes on: on while you can talk, slow while the agent speaks, fast while
-- the conversation begins, and a flash from time to time while it waits for you.
local function show()
  local status = session.status()
  if status == "connecting" or status == "reconnecting" then
    light:blink(0.1, 0.1)
  elseif status ~= "connected" then
    light:off()
  elseif button:read() then
    light:on()
  elseif speaking then
    light:blink(0.5, 0.5)
  else
    light:blink(0.05, 2.95)
  end
end

button:on_press(function()
  if session.status() == "waiting" then
    -- With preroll, the agent also hears what you say while the program connects.
    local started, why = session.start { preroll = true }
    if not started then print("not now: " .. why) end
  end
  session.listen(true)
  show()
end)

button:on_release(function()
  session.listen(false)
  show()
end)

on("status", function(e)
  speaking = false
  show()
  print(e.status)
end)
on("speaking", function() speaking = true show() end)
on("silent", function() speaking = false show() end)

-- A conversation costs money, so end it when nobody has said anything for 30 seconds.
session.on_idle(30, function() session.stop() end)

register_tool {
  name = "goodbye",
  description = "Ends the conversation, when the user has no more questions",
  phrases = { "goodbye", "that is all", "thank you" },
  handler = function()
    session.stop()
    return "Goodbye."
  end,
}
