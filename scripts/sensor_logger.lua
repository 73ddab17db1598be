-- Writes down what a temperature sensor at a serial port says, such as an Arduino that sends a line
-- like "21.5" every second. Say "how warm is it", "how warm was it today" or "how warm was it
-- yesterday".
--
--   moonlark run --allow-serial scripts/sensor_logger.lua
--
-- MOONLARK_SENSOR is the serial port of the sensor, such as usb:2341:0043; the default is
-- /dev/ttyUSB0.

local device = os.getenv("MOONLARK_SENSOR") or "/dev/ttyUSB0"
local interval = 60 -- seconds between two readings in the database, to spare the memory card

local log_db = db.open("temperature.db", { migrations = {
  [[CREATE TABLE readings (at INTEGER PRIMARY KEY, celsius REAL NOT NULL);
    CREATE TABLE days (day TEXT PRIMARY KEY, low REAL NOT NULL, mean REAL NOT NULL, high REAL NOT NULL)]],
} })

local latest   -- the last reading: { at =, celsius = }
local saved_at -- when a reading was last saved

local function midnight(at)
  local d = os.date("*t", at)
  return os.time{ year = d.year, month = d.month, day = d.day, hour = 0 }
end

local sensor = serial.open(device, { baud = 9600 })

sensor:on_line(function(line)
  local celsius = tonumber(line:match("%-?%d+%.?%d*"))
  if not celsius then return log.warn("the sensor says " .. line) end
  latest = { at = os.time(), celsius = celsius }
  if saved_at and latest.at - saved_at < interval then return end
  local saved, why = log_db:exec("INSERT OR REPLACE INTO readings VALUES (?, ?)", latest.at, celsius)
  if not saved then return log.error(why) end
  if not saved_at then print(("the sensor says %.1f degrees"):format(celsius)) end
  saved_at = latest.at
end)

sensor:on("disconnect", function() log.warn("the sensor has been unplugged") end)

-- summarize replaces the readings of the days before today by one line for each day. If the program
-- does not run at midnight, it happens at the next start.
local function summarize()
  local done, why = log_db:transaction(function()
    local today = midnight(os.time())
    local days, why, code = log_db:query(
      [[SELECT date(at, 'unixepoch', 'localtime') AS day, min(celsius) AS low, avg(celsius) AS mean, max(celsius) AS high
        FROM readings WHERE at < ? GROUP BY day]], today)
    if not days then return nil, why, code end
    for _, d in ipairs(days) do
      local ok, why, code = log_db:exec("INSERT OR REPLACE INTO days VALUES (?, ?, ?, ?)", d.day, d.low, d.mean, d.high)
      if not ok then return nil, why, code end
    end
    return log_db:exec("DELETE FROM readings WHERE at < ?", today)
  end)
  if not done then log.error(why) end
end
daily("00:01", summarize, { name = "summary", missed = "run" })

local function say(row)
  return ("between %.1f and %.1f degrees, on average %.1f"):format(row.low, row.high, row.mean)
end

register_tool {
  name = "temperature_now",
  description = "Says how warm it is now",
  phrases = { "how warm is it" },
  handler = function()
    if not latest then return nil, "the sensor has not said anything" end
    local answer = ("It is %.1f degrees."):format(latest.celsius)
    if not sensor.connected then answer = answer .. " The sensor has been unplugged since." end
    return answer
  end,
}

register_tool {
  name = "temperature_today",
  description = "Says how warm it has been since midnight",
  phrases = { "how warm was it today" },
  handler = function()
    local row, why = log_db:first("SELECT min(celsius) AS low, avg(celsius) AS mean, max(celsius) AS high FROM readings WHERE at >= ?",
      midnight(os.time()))
    if not row then return nil, why end
    if not row.low then return nil, "there are no readings of today" end
    return "Today it was " .. say(row) .. "."
  end,
}

register_tool {
  name = "temperature_yesterday",
  description = "Says how warm it was yesterday",
  phrases = { "how warm was it yesterday" },
  handler = function()
    local yesterday = os.date("%Y-%m-%d", midnight(os.time()) - 12 * 3600)
    local row, why = log_db:first("SELECT low, mean, high FROM days WHERE day = ?", yesterday)
    if not row then return nil, why or "there are no readings of yesterday" end
    return "Yesterday it was " .. say(row) .. "."
  end,
}
