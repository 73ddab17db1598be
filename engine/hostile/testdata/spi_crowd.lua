-- Devices without end at a bus that does not exist, and transfers that are too long, from many tasks.
--> flags --allow-spi
--> result ^done$
local devices = {}
for i = 1, 2000 do
  local ok, device = pcall(spi.open, { bus = i % 1000, cs = i % 100, speed = i })
  if not (ok and device) then break end
  devices[i] = device
end
register_tool("attack", function()
  if #devices == 2000 then error("2000 devices") end
  local list = {}
  for i, device in ipairs(devices) do
    list[#list + 1] = function() if device:transfer { 1, 2, 3 } or device:write("x") or device:read(4096) then error("a device answers") end end
    for _, wrong in ipairs { "", ("x"):rep(4097), ("x"):rep(2 ^ 24), {}, { 256 }, { -1 }, { 1.5 }, { 0 / 0 }, { "x" }, { [1] = 1, [3] = 2 ^ 40 } } do
      if i < 20 and pcall(device.transfer, device, wrong) and type(wrong) == "string" then error(#wrong) end
    end
    for _, n in ipairs { 0, -1, 4097, 2 ^ 40, 0 / 0 } do if i < 20 and pcall(device.read, device, n) then error(n) end end
  end
  task.settle(list, { timeout = 5 })
  for _, device in ipairs(devices) do device:close() device:close() end
  for i = 1, 3000 do local device = spi.open { bus = i % 1000, cs = 99 } if device then error(i) end end
  for _, device in ipairs(devices) do if pcall(device.transfer, device, "x") then error("closed") end end
  return "done"
end)
