-- Without a permission, the machine is not restarted, switched off, changed or identified, and no folder outside is looked at.
--> folder links
--> flags --allow-read=$DIR
--> result ^denied$
register_tool("attack", function()
  local dir = os.getenv("MOONLARK_HOSTILE_DIR")
  for i = 1, 100 do
    for _, f in ipairs { system.reboot, system.poweroff, system.info, system.network } do if pcall(f) then error("allowed") end end
    if pcall(system.brightness, 0) then error("brightness") end
    for _, path in ipairs { "/", "/etc/passwd", "/proc/self", "../../..", dir .. "/..", dir .. "/passwd", dir .. "/root", dir .. "/itself", "a\0b", "" } do
      local ok, disk = pcall(system.disk, path)
      if ok and disk then error(path) end
    end
  end
  for i = 1, 1000 do system.temperature() system.load() system.memory() system.disk() system.uptime() system.battery() system.online() end
  return "denied"
end)
