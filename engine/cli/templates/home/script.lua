-- Lights of a home, through the HTTP API of a hub.

local hub = os.getenv("MOONLARK_HUB") or "http://hub.local"
local rooms = { "hall", "kitchen", "bedroom" }

local function set_light(room, on)
  local res, why = http.put(hub .. "/lights/" .. room, { json = { on = on }, timeout = 5 })
  if not res then return nil, why end
  if not res.ok then return nil, "the hub has answered with the status " .. res.status end
  return true
end

register_tool {
  name = "set_light",
  description = "Switch a light on or off",
  parameters = {
    room = { type = "string", enum = rooms, description = "which room" },
    on = { type = "boolean", description = "true for on" },
  },
  phrases = { "turn {on} the {room} light", "turn the {room} light {on}" },
  handler = function(args)
    local ok, why = set_light(args.room, args.on)
    if not ok then return nil, why end
    return ("The %s light is %s."):format(args.room, args.on and "on" or "off")
  end,
}

register_tool {
  name = "all_off",
  description = "Switch all lights off",
  phrases = { "turn everything off", "good night" },
  handler = function()
    for _, room in ipairs(rooms) do
      local ok, why = set_light(room, false)
      if not ok then return nil, why end
    end
    return "All lights are off."
  end,
}

-- The light in the hall goes off when everybody sleeps.
daily("23:30", function()
  local ok, why = set_light("hall", false)
  if not ok then log.warn(why) end
end)
