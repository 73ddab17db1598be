-- Tasks without end that wait for keys, handles that are closed while they wait, and names of devices that are patterns.
--> flags --allow-keys=Nothing
--> result ^done$
local handles = {}
device = keys.open { name = "Nothing", grab = true }
for i = 1, 200 do handles[i] = keys.on("ctrl+shift+alt+meta+a", function() error("a key was pressed") end) end
register_tool("attack", function()
  for i = 1, 5000 do pcall(spawn, function() device:wait("*", 600) end) end
  for i = 1, 20000 do
    local ok, handle = pcall(device.on, device, "hold", error, { hold = 0.01 })
    if ok then handle:close() handle:close() end
  end
  for _, o in ipairs { { hold = 0 }, { hold = -1 }, { hold = 61 }, { hold = 0 / 0 }, { key = ("ctrl+"):rep(100000) }, { key = "\255" }, { nothing = 1 } } do
    if pcall(device.on, device, "hold", error, o) then error(json.encode(o)) end
  end
  for _, name in ipairs { ("x"):rep(1000000), "%", "[", "*", "\0", "../../dev/zero", "\27[2J" } do
    local ok, other = pcall(keys.open, { name = name })
    if ok and other then error(name:sub(1, 100)) end
  end
  for _, handle in ipairs(handles) do handle:close() end
  device:close()
  device:close()
  if pcall(device.on, device, "press", print) then error("closed") end
  return select(3, device:wait("a", 1)) == "closed" and "done" or "not closed"
end)
