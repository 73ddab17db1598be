-- Times, formats, zones and schedules that are far away or never come.
--> result ^done$
register_tool("attack", function()
  local n = 0
  local function try(f, ...)
    n = n + 1
    local began = time.monotonic()
    pcall(f, ...)
    local took = time.monotonic() - began
    if took > 14 then error(n .. " took " .. took) end
  end
  for _, e in ipairs { "0 0 30 2 *", "0 0 31 2,4,6,9,11 *", "* * * * * *", "59 59 23 29 2 mon", "0 0 29 2 *", ("*,"):rep(1e5) .. "*", "*/0 * * * *", "0-59/1e9 * * * *", ("0,"):rep(1e5) .. "0 * * * *", "@yearly", "@every 1ns" } do
    try(cron.next, e)
    try(cron.next, e, 1e15)
    try(cron.next, e, -1e15)
    try(cron.next, e, 0 / 0)
    try(cron, e, function() end)
  end
  for _, zone in ipairs { "../../etc/passwd", "/etc/passwd", ("x"):rep(1e6), "Europe/Berlin\0", "" } do
    try(time.format, 0, "%c", zone)
    try(time.date, 0, zone)
  end
  try(time.format, 0, ("%c"):rep(1e6))
  try(time.format, 1e300, "%Y")
  try(time.parse, ("9"):rep(1e6))
  try(time.parse, ("9"):rep(1e6), ("%Y"):rep(1e5))
  try(time.add, 0, { years = 1e300 })
  try(time.add, 0, { months = 1e9 })
  try(time.add, 0, { days = -1e15 })
  try(time.of, { year = 1e15 })
  try(time.sun, 1e300, 1e300, 1e300)
  try(time.sun, 90, 0, 0)
  try(time.human, 1e300)
  try(at, 1e300, function() end)
  try(at, ("9"):rep(1e6), function() end)
  try(daily, "99:99", function() end)
  return "done"
end)
