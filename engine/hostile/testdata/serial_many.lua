-- Thousands of ports that are opened and closed, and more than a script may have.
--> flags --allow-serial
--> error 8 ports are open
for i = 1, 8 do serial.open("/dev/ttyUSB" .. 70 + i):on_line(function() sleep(600) end) end
register_tool("attack", function()
  for i = 1, 1000 do assert(not pcall(serial.open, "/dev/ttyUSB90")) end
  serial.open("/dev/ttyUSB90")
end)
