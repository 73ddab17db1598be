-- Devices without end at buses that do not exist, and scans from many tasks.
--> flags --allow-i2c
--> result ^done$
local devices = {}
for i = 1, 5000 do
  local ok, device = pcall(i2c.open, 1000 + i, 3 + i % 100, { timeout = 60 })
  if not (ok and device) then break end
  devices[i] = device
end
register_tool("attack", function()
  if #devices == 5000 then error("5000 devices") end
  local list = {}
  for _, device in ipairs(devices) do
    list[#list + 1] = function() if device:read(1) or device:transfer("x", 4096) or device:write_reg(255, 255) then error("a device answers") end end
    list[#list + 1] = function() if device:read_reg(0, 4096) or device:read_s16(0, "le") then error("a device answers") end end
  end
  for i = 1, 300 do list[#list + 1] = function() if i2c.scan(1000 + i, 60) then error("a bus answers") end end end
  task.settle(list, { timeout = 5 })
  local device = devices[1]
  for _, reg in ipairs { -1, 256, 1.5, 0 / 0, 2 ^ 53 } do if pcall(device.read_u8, device, reg) or pcall(device.write_reg, device, reg, 1) then error(reg) end end
  for _, n in ipairs { 0, -1, 4097, 2 ^ 40 } do if pcall(device.read, device, n) or pcall(device.transfer, device, "x", n) then error(n) end end
  if pcall(device.read_u16, device, 0, "middle") or pcall(device.write, device, ("x"):rep(4097)) then error("accepted") end
  for _, d in ipairs(devices) do d:close() d:close() end
  return "done"
end)
