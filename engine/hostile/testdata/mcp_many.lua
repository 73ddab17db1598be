-- Many servers, handlers and calls, and offers that are wrong.
--> flags --allow-run
--> result ^done 16 100$
local servers = {}
for i = 1, 100 do
  local ok, server = pcall(mcp.connect, { command = "sleep", args = { 1000 }, name = "s" .. i, startup = 600 })
  if not ok then break end
  servers[i] = server
  for n = 1, 1000 do if not pcall(server.on_change, server, function() error("x") end) then break end end
  for _, o in ipairs { {}, { allow = {} }, { allow = "*" }, { allow = { 1 } }, { allow = { "*" }, prefix = ("x"):rep(100) }, { allow = { "*" }, as = "a b" }, { allow = { "*" }, phrases = { a = { {} } } }, { alow = {} } } do
    if pcall(server.offer, server, o) then error("accepted") end
  end
  for n = 1, 100 do pcall(server.offer, server, { allow = { ("*"):rep(1000) .. "y" }, as = n % 2 == 0 and "s" .. i .. n or nil }) end
end
register_tool("attack", function()
  local waiting, list = 0, {}
  for i = 1, 100 do
    list[i] = function()
      local _, _, code = servers[1]:call("x", {}, { timeout = 0.2 })
      if code == "timeout" then waiting = waiting + 1 else error(code) end
    end
  end
  local ok, why = pcall(task.all, list)
  if not ok then error(why) end
  if pcall(servers[1].offer, servers[1], { allow = { "*" } }) then error("offered too late") end
  return "done " .. #servers .. " " .. waiting
end)
