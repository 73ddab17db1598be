-- A counter that keeps its value when the script is reloaded, because the value is in the table
-- `state`. The value is lost when the program ends. To try it, say "add 3 to the counter". Then
-- change a text in this file while the program runs, save the file, and say it again.

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
