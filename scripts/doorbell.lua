-- A doorbell: whoever presses the button at the door starts a conversation. The button, or a small
-- program beside it, sends a POST request; a page at / shows a button on a phone too.
--
--   moonlark run --agent ID --wait --allow-listen=8080 scripts/doorbell.lua
--   curl -X POST http://localhost:8080/ring

local server = assert(http.serve { port = tonumber(os.getenv("MOONLARK_DOORBELL_PORT")) or 8080 })

local visitors = 0

on_start(function()
  if server.url then print("the bell is at " .. server.url .. "/ring") end
end)

server:post("/ring", function()
  visitors = visitors + 1
  audio.beep(660, 0.2)
  if session.status() == "waiting" then
    local started, why = session.start()
    if not started then return nil, why end
  end
  print("somebody is at the door")
  return { visitors = visitors, status = session.status() }
end)

server:get("/{$}", function()
  return 200, [[<!doctype html><meta name="viewport" content="width=device-width">
<button style="font-size: 3em" onclick="fetch('/ring', {method: 'POST'})">Ring</button>]], { ["Content-Type"] = "text/html; charset=utf-8" }
end)

-- Tell the agent why the conversation has begun.
on("status", function(e)
  if e.status == "connected" then session.context("Somebody has rung at the door. Ask who it is.") end
end)

register_tool {
  name = "open_door",
  description = "Opens the door for a visitor who has said who they are",
  parameters = { name = { type = "string", description = "the name of the visitor" } },
  phrases = { "open the door for {name}", "it is {name}" },
  handler = function(args)
    print("the door opens for " .. args.name) -- replace this with code that opens a real door
    return "The door is open. Come in, " .. args.name .. "."
  end,
}

session.on_idle(20, function() session.stop() end)
