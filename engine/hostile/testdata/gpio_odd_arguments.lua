-- Numbers and options that are wrong.
--> flags --gpio=sim --allow-gpio
--> result ^0 were accepted$
register_tool("attack", function()
  local nan, inf, n = 0 / 0, 1 / 0, 0
  local function try(f, ...)
    local ok, v = pcall(f, ...)
    if ok and v then n = n + 1 end
  end
  for _, line in ipairs { -1, 1024, 2 ^ 31, 2 ^ 53, 1.5, nan, inf, "", "a\0b", ("x"):rep(100000), {}, print, true } do
    try(gpio.output, line) try(gpio.input, line) try(gpio.group, { line })
  end
  local cycle = {} cycle[1] = cycle
  for _, lines in ipairs { {}, cycle, { 1, 1 } } do try(gpio.group, lines) end
  for _, o in ipairs { { debounce = nan }, { debounce = -1 }, { debounce = inf }, { pull = "left" }, { chip = 5 }, { nothing = 1 } } do try(gpio.input, 5, o) end
  local out, button = gpio.output(6), gpio.button(7)
  for _, s in ipairs { nan, inf, -inf, -1, 0, 1e300, "x" } do
    try(out.blink, out, s, s) try(out.pulse, out, s) try(button.on_hold, button, s, print) try(button.on_click, button, s, print)
    try(button.wait, button, "press", s) try(gpio.pwm, { frequency = s }) try(gpio.pwm, { channel = s ~= 0 and s or -1 })
  end
  for _, v in ipairs { 2, -1, nan, "on", {} } do try(out.write, out, v) end
  try(out.write, button, true) try(button.write, button, true) try(out.on_press, out, print) try(out.read, {})
  return n .. " were accepted"
end)
