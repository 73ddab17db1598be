-- All pins blink as fast as they can, and each blink is begun again and again.
--> flags --gpio=sim --allow-gpio
--> result done
register_tool("attack", function()
  local pins = {}
  for line = 0, 27 do pins[#pins + 1] = gpio.output(line) end
  for round = 1, 1000 do
    for _, pin in ipairs(pins) do
      pin:blink(0.001, 0.001)
      pin:pulse(0.001)
      pin:blink(0.001, 0.001)
    end
    sleep(0)
  end
  sleep(1)
  for _, pin in ipairs(pins) do pin:close() end
  return "done"
end)
