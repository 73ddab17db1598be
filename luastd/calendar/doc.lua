calendar = {}

---@class CalendarEvent
---@field uid? string
---@field title string
---@field start number in seconds since 1970
---@field finish number in seconds since 1970; the end of the last day of an event of whole days
---@field all_day boolean the event lasts whole days
---@field location? string
---@field description? string
---@field url? string
---@field status string "confirmed", "tentative" or "cancelled"
---@field recurring boolean
---@field incomplete? true some repetitions are missing

---@class CalendarParseOptions
---@field from? number default: now
---@field to? number default: 30 days after from
---@field zone? string time zone of times that have none; default: that of the machine
---@field limit? integer up to 10000; default: 1000

---@class CalendarNewEvent
---@field title string
---@field start number
---@field finish? number
---@field all_day? boolean
---@field uid? string
---@field location? string
---@field description? string
---@field url? string
---@field status? string
---@field repeats? string a rule such as "FREQ=WEEKLY;BYDAY=MO"
---@field zone? string default: UTC

---Returns the events of a calendar in a time, sorted. Events that repeat are expanded.
---@param ics string
---@param options? CalendarParseOptions
---@return CalendarEvent[]? events
---@return string? reason
---@return string? code
function calendar.parse(ics, options) end

---Returns the text of a calendar.
---@param events CalendarNewEvent[]
---@param options? { name: string? }
---@return string ics
function calendar.build(events, options) end
