-- Functions and devices for keys without end, and names and paths that are wrong.
--> flags --allow-keys
--> result ^256 functions, 3[12] devices$
n, devices = 0, {}
for i = 1, 100000 do
  local ok, handle = pcall(keys.on, "*", print)
  if not (ok and handle) then break end
  n = i
end
for i = 1, 1000 do
  local ok, device = pcall(keys.open, { name = "device " .. i })
  if not (ok and device) then break end
  devices[i] = device
end
register_tool("attack", function()
  for _, key in ipairs { "", "+", "a+", "++a", "key_768", "key_-1", "key_99999999999999999999", "a\0", "KEY_", ("x"):rep(1000000) } do
    if pcall(keys.on, key, print) or pcall(keys.pressed, key) then error(key) end
  end
  for _, o in ipairs { {}, { name = "" }, { kind = "x" }, { path = "/dev/zero" }, { path = "/etc/passwd" }, { path = "/dev/input/../zero" }, { path = "a\0b" }, { nothing = 1 } } do
    local ok, device = pcall(keys.open, o)
    if ok and device then error(json.encode(o)) end
  end
  local list = {}
  for i = 1, 1000 do list[i] = function() return devices[1]:wait("a", 0.3) end end
  task.settle(list, { timeout = 3 })
  return n .. " functions, " .. #devices .. " devices"
end)
