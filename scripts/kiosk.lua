-- A kiosk: a wake word begins a conversation, and silence ends it.
--
--   moonlark run --agent ID --wait --wake wyoming:localhost,ok_nabu scripts/kiosk.lua
--
-- A button does the same as the wake word: have it call wake("button").

local lights = { waiting = "off", connecting = "blinks", connected = "green", reconnecting = "red", ended = "off" }

-- Where there is a light, this is the place to switch it.
local function led(status)
  print("light: " .. (lights[status] or "off"))
end

local function wake(by)
  if session.status() ~= "waiting" then return end
  print("woken by " .. by)
  audio.beep(880, 0.1)
  -- What is said in one breath with the word, and until the agent is there, is for it too.
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

-- Nobody is there any more: a conversation costs.
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

-- There is no button here: this one presses itself, for a try-out.
local seconds = tonumber(os.getenv("MOONLARK_KIOSK_BUTTON"))
if seconds then
  on_start(function() after(seconds, function() wake("button") end) end)
end
