-- Thousands of functions for a button, and thousands of pins.
--> flags --gpio=sim --allow-gpio
--> result ^256 27$
register_tool("attack", function()
  local button = gpio.button(0)
  local functions, pins = 0, 0
  for i = 1, 10000 do
    if not pcall(button.on_hold, button, 600, function() end) then break end
    functions = i
  end
  for i = 1, 10000 do
    if gpio.output(i % 28) then pins = pins + 1 end
  end
  return functions .. " " .. pins
end)
