-- A first script, with two tools. Run it with the command below, and say "what time is it" or
-- "roll two dice".
--
--     moonlark run scripts/hello.lua

register_tool {
  name = "get_time",
  description = "Tells the time of day",
  phrases = { "what time is it", "tell me the time", "what is the time" },
  handler = function()
    return "It is " .. os.date("%H:%M") .. "."
  end,
}

register_tool {
  name = "roll_dice",
  description = "Rolls dice",
  parameters = {
    count = { type = "integer", description = "how many dice" },
  },
  required = {},
  phrases = { "roll a die", "roll {count} dice" },
  handler = function(args)
    local rolled = {}
    for i = 1, args.count or 1 do
      rolled[i] = math.random(6)
    end
    return "I rolled " .. table.concat(rolled, ", ") .. "."
  end,
}
