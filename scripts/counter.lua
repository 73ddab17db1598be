-- A script that remembers: `state` is kept when the script is saved and
-- reloaded (not when the program ends). Try "add 3 to the counter", change the
-- text below while it runs, save, and add again.

state.count = state.count or 0

register_tool {
  name = "add",
  description = "Adds to the counter",
  parameters = {
    amount = { type = "number", description = "how much to add" },
  },
  phrases = { "add {amount} to the counter", "add {amount}", "count {amount} more" },
  handler = function(args)
    state.count = state.count + args.amount
    return "The counter is at " .. state.count .. "."
  end,
}

register_tool {
  name = "reset",
  description = "Sets the counter to zero",
  phrases = { "reset the counter", "start again" },
  handler = function()
    state.count = 0
    return "The counter is at 0."
  end,
}

on_start(function()
  log.info("counting from " .. state.count)
end)
