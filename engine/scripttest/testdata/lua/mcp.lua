local notes = { milk = "2 litres" }

register_resource {
  uri = "notes://{name}", mime = "text/markdown",
  read = function(uri, call)
    if call.params.name == "photo" then return { bytes = "\137PNG", mime = "image/png" } end
    return notes[call.params.name]
  end,
}

register_prompt {
  name = "shopping",
  arguments = { { name = "shop" }, { name = "style", required = false } },
  handler = function(args, call)
    return {
      "Write a shopping list for " .. args.shop .. ".",
      { role = "assistant", text = "In which style?" },
      args.style or "As " .. call.client .. " likes it.",
    }
  end,
}

local open = false
register_tool("water", { timeout = 60 }, function(args, call)
  open = true
  local ok, why
  for round = 1, args.rounds do
    ok, why = pcall(sleep, 5)
    if not ok then break end
    call:progress(round, args.rounds, "round " .. round)
  end
  open = false
  if not ok then error(why, 0) end
  return "watered for " .. call.client
end)
register_tool("is_open", function() return open end)
