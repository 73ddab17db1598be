-- The tools of {{name}}. Save this file while `moonlark run` is running: the change is live at once.

register_tool {
  name = "greet",
  description = "Greets somebody by name",
  parameters = {
    name = { type = "string", description = "whom to greet" },
  },
  phrases = { "say hello to {name}" },
  handler = function(args)
    return "Hello, " .. args.name .. "!"
  end,
}
