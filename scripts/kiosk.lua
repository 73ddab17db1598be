-- A kiosk: a wake word starts a conversation, and the conversation ends when the user is silent.
--
--   moonlark run --agent ID --wait --wake wyoming:localhost,ok_nabu scripts/kiosk.lua
--
-- A button can start a conversation too: call wake("button") when the button is pressed.

local lights = { waiting = "off", connecting = "blinks", connected = "green", reconnecting = "red", ended = "off" }

-- led shows the status of the conversation. Replace print with code that switches a real light.
local function led(status)
  print("light: " .. (lights[status] or "off"))
end

local function wake(by)
  if session.status() ~= "waiting" then return end
  print("woken by " .. by)
  audio.beep(880, 0.1)
  -- With preroll, the agent also gets the sound from just before the conversation: the wake word,
  -- and what the user says while the program connects.
  local started, why = session.start { preroll = true }
  if not started then print("not now: " .. why) end
end

on("wake", function(e) wake(e.word) end)

local before = "waiting"
on("status", function(e)
  led(e.status)
  if e.status == "waiting" and before == "connected" then audio.beep(440, 0.1) end
  before = e.status
end)

-- A conversation costs money, so end it when nobody has said anything for 20 seconds.
session.on_idle(20, function() session.stop() end)

register_tool {
  name = "goodbye",
  description = "Ends the conversation, when the user has no more questions",
  phrases = { "goodbye", "that is all", "thank you" },
  handler = function()
    session.stop()
    return "Goodbye."
  end,
}

-- To try the script without a button, set MOONLARK_KIOSK_BUTTON to a number of seconds. The script
-- then acts as if a button were pressed after this time.
local seconds = tonumber(os.getenv("MOONLARK_KIOSK_BUTTON"))
if seconds then
  on_start(function() after(seconds, function() wake("button") end) end)
end
