-- All pins blink as fast as possible, and forever.
--> flags --gpio=sim --allow-gpio
--> result ^\d+ pins blink$
--> lasts 2s
register_tool("attack", function()
  local n = 0
  for i = 0, 27 do
    local pin = gpio.output(i)
    for _, s in ipairs { 1e-300, 1e-9, 0.0000001, 0.001, 0.01 } do
      if pcall(pin.blink, pin, s, s) then n = n + 1 break end
    end
    for k = 1, 1000 do pcall(pin.pulse, pin, 0.01) pcall(pin.blink, pin, 0.01, 0.01, k) end
  end
  return n .. " pins blink"
end)
