-- Searches and announcements without end, with names that are wrong.
--> flags --allow-net=lan
--> result ^done$
register_tool("attack", function()
  local list, handles = {}, 0
  for i = 1, 300 do list[i] = function() return pcall(mdns.browse, "_a" .. i .. "._tcp", { timeout = 0.2 }) end end
  for i = 1, 300 do list[#list + 1] = function() return pcall(mdns.lookup, "a" .. i .. ".local", { timeout = 0.2 }) end end
  task.settle(list, { timeout = 5 })
  for i = 1, 1000 do
    local ok, b = pcall(mdns.browse, "_http._tcp", { on_found = function() while true do sleep(1) end end, on_lost = print })
    local ok2, r = pcall(mdns.register, { name = "n" .. i, service = "_http._tcp", port = 80, text = { a = ("x"):rep(100) } })
    if ok and b then handles = handles + 1 end
    if ok2 and r then handles = handles + 1 end
  end
  if handles > 16 then error(handles) end
  for _, name in ipairs { "", ".local", "a", ("a"):rep(64) .. ".local", ("a."):rep(1000) .. "local", "a\0.local", "_http", "_._tcp", "_http._icmp" } do
    local found = mdns.lookup and select(2, pcall(mdns.lookup, name, { timeout = 0.01 }))
    if type(found) == "table" then error(name) end
    pcall(mdns.browse, name, { timeout = 0.01 })
    pcall(mdns.register, { name = name, service = name, port = 70000, text = { [name] = name } })
  end
  if pcall(mdns.register, { name = "a", service = "_a._tcp", port = 1, text = { a = ("x"):rep(1000000) } }) then error("a text of a megabyte") end
  return "done"
end)
