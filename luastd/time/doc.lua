time = {}

---Returns the time of day, in seconds since 1970 with fractions.
---@return number
function time.now() end

---Returns the seconds of a clock that is never set, with fractions. Use it to measure how long something takes.
---@return number
function time.monotonic() end

---Returns a time as text.
---@param t? number seconds since 1970; default: now
---@param format string conversions as for os.date, such as "%Y-%m-%d %H:%M", or "iso" or "http"
---@param zone? string such as "Europe/Berlin"; default: the zone of the machine
---@return string
function time.format(t, format, zone) end

---Returns the time that a text means.
---@param text string
---@param format? string conversions as for os.date, or "iso" or "http"; default: "iso", which is ISO 8601
---@param zone? string the zone of a text without an offset; default: the zone of the machine
---@return number? t seconds since 1970; nil when the text is wrong
---@return string? reason
---@return string? code "invalid"
function time.parse(text, format, zone) end

---Returns a time as text in ISO 8601, in the zone of the machine: "2026-12-24T18:00:00+01:00".
---@param t? number seconds since 1970; default: now
---@return string
function time.iso(t) end

---@class moonlark.Date
---@field year integer
---@field month integer 1 to 12
---@field day integer
---@field hour integer
---@field min integer
---@field sec integer
---@field wday integer 1 is Sunday
---@field yday integer 1 is the 1st of January
---@field isdst boolean it is summer time
---@field zone string name of the time zone
---@field offset integer difference to UTC in seconds; positive in the east

---Returns the parts of a time.
---@param t? number seconds since 1970; default: now
---@param zone? string such as "Europe/Berlin"; default: the zone of the machine
---@return moonlark.Date
function time.date(t, zone) end

---Returns the time of a date.
---@param date { year: integer, month: integer, day: integer, hour: integer, min: integer, sec: number, zone: string, offset: integer } month and day: default 1; hour, min and sec: default 0; a result of time.date is accepted
---@param zone? string default: the field zone, or else the zone of the machine
---@return number t seconds since 1970
function time.of(date, zone) end

---Returns t, moved by so many years, months and so on; negative numbers move it back.
---@param t? number seconds since 1970; default: now
---@param by { years: integer, months: integer, weeks: integer, days: integer, hours: number, minutes: number, seconds: number }
---@param zone? string whose clocks show the same time of day after a move by days, weeks, months or years; default: the zone of the machine
---@return number
function time.add(t, by, zone) end

---Returns the name of the time zone of the machine, such as "Europe/Berlin".
---@return string
function time.zone() end

---Returns what the sun does on the day of t. Times are in seconds since 1970, and nil if they do not occur.
---@param lat number latitude in degrees, north is positive
---@param lon number longitude in degrees, east is positive
---@param t? number seconds since 1970; default: now
---@return { rise: number?, set: number?, noon: number, dawn: number?, dusk: number?, up: "always" | "never" | nil }
function time.sun(lat, lon, t) end

---Returns a duration as text for people, such as "2 h 5 min".
---@param seconds number
---@return string
function time.human(seconds) end

---Reports whether the clock of the machine has been set, so that its time of day is right.
---@return boolean
function time.synced() end
