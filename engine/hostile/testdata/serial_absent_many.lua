-- Ports that are not there, opened at the top level without end: each waits for its device.
--> flags --allow-serial
--> result ^8 ports, \d+ handlers$
ports = {}
for i = 1, 1000 do
  local ok, port = pcall(serial.open, "/dev/ttyUSB" .. i)
  if not (ok and port) then break end
  ports[i] = port
end
register_tool("attack", function()
  local n = 0
  for i = 1, 100000 do
    if not pcall(ports[1].on_line, ports[1], print) then break end
    n = i
  end
  local list = {}
  for i = 1, 1000 do list[i] = function() return ports[2]:read_line(0.3) end end
  task.settle(list, { timeout = 3 })
  pcall(ports[3].write, ports[3], ("x"):rep(2 ^ 20 + 1))
  for i = 1, 1000 do ports[1 + i % #ports]:write("x", 0.01) ports[1 + i % #ports]:discard() end
  for _, port in ipairs(ports) do port:close() port:close() pcall(port.write, port, "x") end
  return #ports .. " ports, " .. n .. " handlers"
end)
