local lamp = gpio.output(27, { at_close = false })
local button = gpio.button("DOORBELL")
local fan = gpio.output(22)

button:on_press(function() lamp:toggle() end)
button:on_hold(3, function() fan:pulse(60) end)
button:on_click(2, function() print("two clicks") end)

register_tool("blink", function()
  lamp:blink(0.5, 0.5, 2)
  return "It blinks."
end)

register_tool("wait", function()
  local event, why = button:wait("press", 5)
  return event and "pressed" or why
end)
