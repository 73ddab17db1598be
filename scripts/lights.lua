-- Two tools for the lights in a home. The tool set_light has parameters with types, and it returns
-- an error for a room without a light. Say "turn on the hall light" or "which lights are on".

local lights = { kitchen = false, hall = false, bedroom = false }

register_tool {
  name = "set_light",
  description = "Switch a light on or off",
  parameters = {
    room = { type = "string", enum = { "kitchen", "hall", "bedroom", "cellar" }, description = "which room" },
    on   = { type = "boolean", description = "true for on" },
  },
  phrases = { "turn {on} the {room} light", "turn the {room} light {on}", "switch {on} the {room} light" },
  handler = function(args)
    if lights[args.room] == nil then
      return nil, "there is no light in the " .. args.room
    end
    lights[args.room] = args.on
    return "The " .. args.room .. " light is " .. (args.on and "on" or "off") .. "."
  end,
}

register_tool {
  name = "list_lights",
  description = "Lists which lights are on",
  phrases = { "which lights are on", "what lights are on" },
  handler = function()
    local on = {}
    for room, lit in pairs(lights) do
      if lit then on[#on + 1] = room end
    end
    if #on == 0 then return "All lights are off." end
    table.sort(on)
    return "On: " .. table.concat(on, ", ") .. "."
  end,
}
