-- Asks a scale at a serial port.
local scale = serial.open("/dev/ttyS1")

register_tool("weigh", function()
  local line, why = scale:request("W\n", 2)
  if not line then return nil, why end
  return line
end)

register_tool("wait", function()
  local line, why = scale:read_line(3600)
  return line or why
end)

local counter = serial.open("usb:2341:0043")
counter:on_line(function(line)
  sleep(5)
  print("counted " .. line)
end)
