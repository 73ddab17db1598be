-- A kiosk: a button, or a wake word, starts a conversation, which ends when nobody says anything.

local hours = { open = 9, close = 18 }

register_tool {
  name = "opening_hours",
  description = "Says when the shop is open",
  phrases = { "when are you open", "what are your opening hours" },
  handler = function()
    return ("We are open from %d to %d o'clock."):format(hours.open, hours.close)
  end,
}

register_tool {
  name = "count_visitor",
  description = "Counts a visitor, and says how many there were",
  phrases = { "count me" },
  handler = function()
    local n = assert(store.incr("visitors"))
    return ("You are visitor number %d."):format(n)
  end,
}

register_tool {
  name = "goodbye",
  description = "Ends the conversation, when the user has no more questions",
  phrases = { "that is all" },
  handler = function()
    session.stop()
    return "Goodbye."
  end,
}

-- Another program, such as one that watches a button, sends this event:
--   curl -d '{"type": "button"}' http://127.0.0.1:8080/event
on("button", function() session.start() end)

on("status", function(e) log.info("the conversation is " .. e.status) end)

session.on_idle(20, function() session.stop() end)
