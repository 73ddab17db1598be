-- A kiosk that sells tickets.

screen.idle { title = "Ask me about the harbour.", asks = { "How high is the water?" } }

local function show(sold)
  screen.show {
    { text = "Next ferry", style = "eyebrow" },
    { big = "17:15", badge = "in 34 min", id = "next" },
    { list = { { "18:40", "Gate 3" }, "20:05" } },
    { buttons = {
      { "Buy a ticket", primary = true, on_press = function(e) show(sold + 1) screen.note(e.value .. ": " .. sold + 1) end },
      { "Gate 3", say = "Where is gate 3?" },
    } },
  }
end

on_start(function() show(0) end)

register_tool("print", function()
  local answer, why, code = screen.ask { title = "Print it?", choices = { "Print", "No" }, timeout = 10 }
  return answer or (code .. ", " .. why)
end)

on("touch", function(e) print(e.action, e.value) end)
