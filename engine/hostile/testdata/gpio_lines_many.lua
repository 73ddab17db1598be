-- All pins, opened again and again, and forgotten.
--> flags --gpio=sim --allow-gpio
--> result ^\d+ pins, and the same after closing them$
register_tool("attack", function()
  local function open()
    local pins = {}
    for i = 0, 1500 do
      local ok, pin = pcall(i % 2 == 0 and gpio.output or gpio.input, i)
      if ok and pin then pins[#pins + 1] = pin end
    end
    return pins
  end
  local first = open()
  if #first > 64 or #open() > 0 then error(#first) end
  for _, pin in ipairs(first) do pin:close() pin:close() end
  for i = 1, 5 do
    local pins = open()
    if #pins ~= #first then error(#pins) end
    for _, pin in ipairs(pins) do pin:close() end
  end
  return #first .. " pins, and the same after closing them"
end)
