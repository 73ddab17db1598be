-- Devices and entities for Home Assistant without end, whose states are set in a loop.
--> flags --allow-net=127.0.0.1
--> result ^(\d+) devices, (\d+) entities$
register_tool("attack", function()
  local client, devices, entities = mqtt.connect("mqtt://127.0.0.1:1"), 0, 0
  for i = 1, 1000 do
    local ok, device = pcall(client.home_assistant, client, { name = "d" .. i })
    if not ok then break end
    devices = i
    for n = 1, 1000 do
      local ok, entity = pcall(device.sensor, device, { id = "s" .. n, name = ("x"):rep(1000) })
      if not ok then break end
      entities = entities + 1
      for v = 1, 10 do entity:set(("y"):rep(1000), { v = v }) end
    end
  end
  if devices > 16 or entities > 16 * 256 then error("no limit: " .. devices .. ", " .. entities) end
  return devices .. " devices, " .. entities .. " entities"
end)
