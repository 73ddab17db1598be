-- Services whose names and texts want to be more than that, and handlers that end what calls them.
--> flags --allow-net=lan
--> result ^done$
local browsers = {}
register_tool("attack", function()
  for _, service in ipairs { "_x._tcp", "_y._udp" } do
    for i = 1, 4 do
      local b
      local ok = pcall(function()
        b = mdns.browse(service, { on_found = function() b:close() error("found") end, on_lost = function() while true do end end })
      end)
      if ok then browsers[#browsers + 1] = b end
    end
  end
  local names = { "a\r\nb", "\0", "\27[2J", ("\228"):rep(40), ("a."):rep(30), "a\\.b", "\\032", ".", "x" }
  for i = 1, 200 do
    local ok, r = pcall(mdns.register, { name = names[i % #names + 1], service = "_x._tcp", port = i, text = { ["a=b"] = "c", [""] = "x", ["\0"] = "\0" } })
    if ok and r then r:close() r:close() end
    ok, r = pcall(mdns.register, { name = names[i % #names + 1], service = "_x._tcp", port = i, text = { a = "\0\255" } })
    if ok and r then r:close() end
  end
  sleep(1)
  for _, b in ipairs(browsers) do b:close() b:close() end
  return "done"
end)
