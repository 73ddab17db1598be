-- Reminders that survive a restart. Say "remind me in 10 minutes to call Ann", or "what did I want to
-- do". A reminder whose time passes while the program does not run comes at the next start.
--
--   moonlark run scripts/reminders.lua

local reminders = store.open("reminders") -- key: an id; value: { at = seconds since 1970, text = ... }

-- remind says a reminder and forgets it.
local function remind(id)
  local reminder = reminders.get(id)
  if not reminder then return end
  reminders.delete(id)
  audio.beep(880, 0.2)
  print("Reminder: " .. reminder.text)
  if session.status() == "connected" then
    session.send("Remind the user now: " .. reminder.text)
  end
end

-- schedule sets the timer of a reminder. Its time may have passed.
local function schedule(id, reminder)
  if reminder.at <= time.now() then
    spawn(remind, id)
  else
    at(reminder.at, function() remind(id) end)
  end
end

on_start(function()
  for _, entry in ipairs(assert(reminders.list())) do schedule(entry.key, entry.value) end
end)

register_tool {
  name = "remind_me",
  description = "Reminds the user of something later",
  parameters = {
    minutes = { type = "number", description = "in how many minutes" },
    text = { type = "string", description = "what to remind the user of" },
  },
  phrases = { "remind me in {minutes} minutes to {text}" },
  handler = function(args)
    if args.minutes < 0 then return nil, "that time has passed" end
    local id, reminder = uuid.v7(), { at = time.now() + args.minutes * 60, text = args.text }
    local saved, why = reminders.set(id, reminder)
    if not saved then return nil, why end
    schedule(id, reminder)
    return "I will remind you at " .. time.format(reminder.at, "%H:%M") .. "."
  end,
}

register_tool {
  name = "list_reminders",
  description = "Lists the reminders of the user",
  phrases = { "what did i want to do", "what are my reminders" },
  handler = function()
    local texts = {}
    for i, entry in ipairs(assert(reminders.list())) do
      texts[i] = time.format(entry.value.at, "%H:%M") .. " " .. entry.value.text
    end
    if #texts == 0 then return "There are no reminders." end
    return table.concat(texts, ", ") .. "."
  end,
}
