-- Calendars with rules that never end or never match, with lines that never end, and with numbers that are wrong.
--> result ^done$
local function event(more) return "BEGIN:VEVENT\r\nUID:a\r\nDTSTART:19700101T000000Z\r\nSUMMARY:x\r\n" .. more .. "\r\nEND:VEVENT\r\n" end
local function ics(text) return "BEGIN:VCALENDAR\r\nVERSION:2.0\r\n" .. text .. "END:VCALENDAR\r\n" end
register_tool("attack", function()
  local nan = 0 / 0
  local rules = {}
  for _, rule in ipairs { "FREQ=SECONDLY", "FREQ=YEARLY;BYMONTH=2;BYMONTHDAY=30", "FREQ=SECONDLY;BYMONTH=2;BYMONTHDAY=30", "FREQ=DAILY;INTERVAL=0", "FREQ=DAILY;INTERVAL=-1",
    "FREQ=DAILY;INTERVAL=99999999999999999999", "FREQ=DAILY;COUNT=999999999", "FREQ=MINUTELY;BYSECOND=" .. ("1,"):rep(5000) .. "1", "FREQ=YEARLY;BYYEARDAY=366;BYSETPOS=-366",
    "FREQ=WEEKLY;BYDAY=9999MO", "FREQ=NEVER", "FREQ=" .. ("x"):rep(100000), "FREQ=YEARLY;BYDAY=" .. ("53MO,"):rep(1000) .. "MO", "FREQ=DAILY;UNTIL=99999999T999999Z" } do
    rules[#rules + 1] = event("RRULE:" .. rule)
  end
  for _, text in ipairs(rules) do calendar.parse(ics(text), { from = 0, to = 2 ^ 31, limit = 10000 }) end
  for _, text in ipairs { table.concat(rules):rep(20), event("RRULE:FREQ=SECONDLY"):rep(300), event("RDATE:" .. ("20260101T000000Z,"):rep(50000)), event("EXDATE:" .. ("20260101T000000Z,"):rep(50000) .. "\r\nRRULE:FREQ=SECONDLY"),
    event("DTEND:99991231T235959Z"), event("DURATION:P99999999999999W"), event("DURATION:-P1D"), event("DTSTART;TZID=" .. ("x"):rep(10000) .. ":20260101T000000"), event("DESCRIPTION:" .. ("x\r\n "):rep(300000)),
    ("BEGIN:VEVENT\r\n"):rep(20000), ("END:VEVENT\r\n"):rep(20000), ("BEGIN:VTIMEZONE\r\nTZID:a\r\nEND:VTIMEZONE\r\n"):rep(2000), (";"):rep(1000000), ("\0"):rep(1000000) } do
    local events = calendar.parse(ics(text), { from = 0, to = 7258118400, limit = 10000 })
    if events and #events > 10000 then error(#events) end
  end
  if calendar.parse(("x"):rep(5 * 2 ^ 20)) then error("5 MiB") end
  for _, o in ipairs { { from = nan }, { to = 1e300 }, { limit = 10001 }, { limit = nan }, { zone = "../../etc/passwd" }, { zone = "" .. ("x"):rep(1000) }, { nothing = 1 } } do
    if pcall(calendar.parse, ics(""), o) then error(json.encode(o)) end
  end
  local many = {}
  for i = 1, 6000 do many[i] = { title = "x", start = 0 } end
  for _, events in ipairs { many, { { title = "x", start = nan } }, { { title = "x", start = 1e300 } }, { { title = "x" } }, { { title = "x", start = 0, repeats = "FREQ=DAILY\r\nBEGIN:VALARM" } }, { 1 } } do
    if pcall(calendar.build, events) then error("it was built") end
  end
  return "done"
end)
