-- Buses and addresses that are wrong, that are not granted, and that are no buses at all.
--> flags --allow-i2c=99:0x40 --allow-spi=99.0
--> result ^not_found not_found$
register_tool("attack", function()
  local nan = 0 / 0
  for _, bus in ipairs { "/etc/passwd", "/dev/zero", "/dev/mem", "/dev/i2c-1/../zero", "/dev/i2c-99\0", "../../dev/i2c-99", -1, 1.5, nan, 2 ^ 53, "", 1, {} } do
    local ok, d = pcall(i2c.open, bus, 0x40)
    if ok and d then error(tostring(bus)) end
    ok, d = pcall(i2c.scan, bus)
    if ok and d then error(tostring(bus)) end
  end
  for _, address in ipairs { -1, 0, 2, 0x41, 0x78, 0x140, 1.5, nan, "x" } do
    if pcall(i2c.open, 99, address) then error(address) end
  end
  for _, o in ipairs { { bus = -1 }, { bus = 99, cs = 1 }, { bus = 99, mode = 4 }, { bus = 99, bits = 9 }, { bus = 99, speed = 0 }, { bus = 99, speed = 2 ^ 40 },
    { bus = 99, timeout = nan }, { bus = 1 }, { bus = "/dev/zero" }, {} } do
    if pcall(spi.open, o) then error(json.encode(o)) end
  end
  return select(3, i2c.open(99, 0x40)) .. " " .. select(3, spi.open { bus = 99 })
end)
