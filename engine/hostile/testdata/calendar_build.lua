-- Calendars that are built out of texts that want to be more than a text, and out of many long ones.
--> result ^done$
register_tool("attack", function()
  local nasty = "x\r\nEND:VEVENT\r\nBEGIN:VEVENT\r\nSUMMARY:smuggled\r\nDTSTART:20260101T000000Z\r\n;,\\:\"\0\27[2J"
  local ok, text = pcall(calendar.build, { { title = nasty, location = nasty, description = nasty, url = "https://example.com/", start = 1790000000 } })
  if ok then
    local events = calendar.parse(text, { from = 0, to = 4102444800 })
    if events and #events > 1 then error("an event was smuggled in") end
  end
  for _, field in ipairs { "uid", "url", "status", "repeats", "zone" } do
    local ok, text = pcall(calendar.build, { { title = "x", start = 1790000000, [field] = nasty } })
    if ok and #(calendar.parse(text, { from = 0, to = 4102444800 }) or {}) > 1 then error(field) end
  end
  for _, name in ipairs { nasty, ("x"):rep(10000000) } do
    local ok, text = pcall(calendar.build, {}, { name = name })
    if ok and #text > 2 ^ 25 then error(#text) end
  end
  local many = {}
  for i = 1, 2000 do many[i] = { title = ("\228"):rep(2000), description = ("x,;\\\n"):rep(1000), start = i, repeats = "FREQ=YEARLY" } end
  local list = {}
  for i = 1, 3 do list[i] = function() local ok, text = pcall(calendar.build, many) if ok then calendar.parse(text, { from = 0, to = 2 ^ 33, limit = 10000 }) end end end
  task.settle(list, { timeout = 5 })
  local itself = { title = "x", start = 0 }
  itself.title = itself
  for _, events in ipairs { { itself }, { setmetatable({}, { __index = function() error("index") end }) }, { [1] = { title = "x", start = 0 }, [2 ^ 40] = 1 }, "x" } do pcall(calendar.build, events) end
  return "done"
end)
