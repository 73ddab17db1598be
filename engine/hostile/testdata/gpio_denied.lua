-- Pins that are not granted, by any name.
--> flags --gpio=sim:BUTTON --allow-gpio=17
--> result ^1 pin$
register_tool("attack", function()
  local n = 0
  for _, line in ipairs { 17, 18, "17", "GPIO18", "BUTTON", 1023, "pwm0.0", "gpiochip0:18", "/dev/gpiochip0:4" } do
    local ok, pin = pcall(gpio.output, line)
    if ok and pin then n = n + 1 pin:close() end
  end
  for _, chip in ipairs { "gpiochip1", "/dev/mem", "/etc/passwd", "../../dev/zero", "a\0b" } do
    local ok, pin = pcall(gpio.output, 17, { chip = chip })
    if ok and pin then error(chip) end
  end
  if pcall(gpio.pwm, { channel = 0 }) or pcall(gpio.servo, { channel = 1 }) or pcall(gpio.group, { 17, 18 }) then error("allowed") end
  return n .. " pin"
end)
