-- Two tools, one of them slow. While the slow tool sleeps, other handlers of the script can run.
-- Say "brew some coffee", and immediately afterwards "how is the coffee".

local brewing = 0

register_tool {
  name = "brew_coffee",
  description = "Brews a cup of coffee, which takes a while",
  timeout = 30,
  phrases = { "brew some coffee", "make me a coffee", "make coffee" },
  handler = function(_, call)
    brewing = brewing + 1
    for _ = 1, 30 do
      sleep(0.1)
      if call:cancelled() then break end -- the agent no longer needs the result
    end
    brewing = brewing - 1
    return "The coffee is ready."
  end,
}

register_tool {
  name = "check_coffee",
  description = "Says how the coffee is doing",
  phrases = { "how is the coffee", "is the coffee ready" },
  handler = function()
    if brewing == 0 then return "Nothing is brewing." end
    return "It is still brewing."
  end,
}
