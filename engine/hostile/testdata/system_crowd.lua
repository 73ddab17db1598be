-- Questions about the machine from many tasks at the same time, and values for the brightness that are none.
--> flags --allow-sys=info
--> result ^done$
--> calls 4
register_tool("attack", function()
  local list = {}
  for i = 1, 60 do
    list[#list + 1] = function()
      for _ = 1, 20 do
        system.info() system.network() system.online() system.temperature() system.load() system.memory() system.disk() system.uptime() system.battery() system.brightness()
      end
    end
  end
  task.settle(list, { timeout = 8 })
  for _, n in ipairs { -1, 1.1, 0 / 0, 1 / 0, "x", {} } do if pcall(system.brightness, n) then error(tostring(n)) end end
  for _, path in ipairs { ("a/"):rep(100000), ("x"):rep(1000000), "\0", "//", "./././." } do
    local ok, disk = pcall(system.disk, path)
    if ok and disk and #path > 100 then error(path:sub(1, 100)) end
  end
  return "done"
end)
