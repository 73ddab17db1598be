package timers

import (
	"fmt"
	"strconv"
	"strings"
	"time"

	lua "github.com/yuin/gopher-lua"

	"moonlark/luastd"
	"moonlark/luastd/cron"
	"moonlark/luastd/sun"
	"moonlark/luastd/value"
	"moonlark/luastd/zone"
)

// maxSunDays is for how many days sunTimes.next looks for a sunrise. Near the poles, the sun does
// not rise for half a year.
const maxSunDays = 370

func (m *module) daily(L *lua.LState) int {
	text, fn := L.CheckString(1), L.CheckFunction(2)
	options := value.CheckOptions(L, 3, "zone", "days", "lat", "lon", "name", "missed")
	zone := m.zoneOption(options)
	days := cron.EveryDay
	if text := options.String("days", ""); text != "" {
		var err error
		if days, err = cron.ParseWeekdays(text); err != nil {
			L.ArgError(3, "days: "+err.Error())
		}
	}
	next, err := dailyTimes(text, days, options)
	if err != nil {
		L.ArgError(1, err.Error())
	}
	s, r := luastd.Schedule{Next: func(t time.Time) time.Time { return next(t.In(zone())) }}, run("daily", fn, options)
	m.makeUp(L, "daily", options, &s, &r)
	timer, err := m.Schedule(s, r)
	return m.pushHandle(L, timer, err, "daily "+text)
}

// dailyTimes returns a function that returns the first time after t that text describes, such as
// "07:00" or "sunset-00:30". It is in the zone of t.
func dailyTimes(text string, days cron.Weekdays, options value.Options) (func(t time.Time) time.Time, error) {
	text = strings.ToLower(strings.ReplaceAll(text, " ", ""))
	name, offset := text, time.Duration(0)
	if i := strings.IndexAny(text, "+-"); i >= 0 {
		clock, ok := parseClock(text[i+1:])
		if !ok || clock > 12*time.Hour {
			return nil, fmt.Errorf("%s is not an offset such as +00:30 or -1:00, up to 12:00", value.Quote(text[i:]))
		}
		if name, offset = text[:i], clock; text[i] == '-' {
			offset = -clock
		}
	}
	if event, ok := events[name]; ok {
		e := sunTimes{event: event, offset: offset, days: days}
		e.latitude, e.longitude = placeOptions(options, name)
		if e.next(time.Date(luastd.FirstYear, 1, 1, 0, 0, 0, 0, time.UTC)).IsZero() {
			return nil, fmt.Errorf("there is no %s on such days at the latitude %v", name, e.latitude)
		}
		return e.next, nil
	}
	clock, ok := parseClock(text)
	if !ok {
		return nil, fmt.Errorf("%s is not a time of day such as 07:00, nor sunrise, sunset, dawn or dusk, possibly with an offset such as sunset-00:30", value.Quote(text))
	}
	return cron.Daily(int(clock/time.Hour), int(clock/time.Minute%60), int(clock/time.Second%60), days).Next, nil
}

// placeOptions returns the options lat and lon, which an event of the sun needs.
func placeOptions(options value.Options, event string) (latitude, longitude float64) {
	for _, name := range []string{"lat", "lon"} {
		if options.Get(name) == lua.LNil {
			options.L.ArgError(3, event+" needs the options lat and lon, the latitude and longitude in degrees")
		}
	}
	return options.Number("lat", 0, -90, 90), options.Number("lon", 0, -180, 180)
}

// parseClock returns the time of day that text means, such as "07:00" or "7:00:30", as the time
// since midnight.
func parseClock(text string) (clock time.Duration, ok bool) {
	parts := strings.Split(text, ":")
	if len(parts) != 2 && len(parts) != 3 {
		return 0, false
	}
	unit := time.Hour
	for i, part := range parts {
		n, err := strconv.ParseUint(part, 10, 8)
		if err != nil || len(part) > 2 || i > 0 && (len(part) < 2 || n > 59) || n > 23 && i == 0 {
			return 0, false
		}
		clock += time.Duration(n) * unit
		unit /= 60
	}
	return clock, true
}

// events are the events of the sun that daily knows.
var events = map[string]func(sun.Day) time.Time{
	"dawn":    func(d sun.Day) time.Time { return d.Dawn },
	"sunrise": func(d sun.Day) time.Time { return d.Rise },
	"sunset":  func(d sun.Day) time.Time { return d.Set },
	"dusk":    func(d sun.Day) time.Time { return d.Dusk },
}

// sunTimes are the times of an event of the sun, moved by an offset, on certain days of the week.
type sunTimes struct {
	latitude, longitude float64
	event               func(sun.Day) time.Time
	offset              time.Duration
	days                cron.Weekdays
}

// next returns the first time after t. The days are those of the zone of t. It returns the zero
// time if there is none.
func (e *sunTimes) next(t time.Time) time.Time {
	year, month, day := t.AddDate(0, 0, -1).Date() // the offset may lead to another day
	for i := range maxSunDays {
		midday := time.Date(year, month, day+i, 12, 0, 0, 0, time.UTC)
		if e.days&(1<<midday.Weekday()) == 0 {
			continue
		}
		at := e.event(sun.On(zone.InZone(midday, t.Location()), e.latitude, e.longitude))
		if at.IsZero() {
			continue
		}
		if at = at.Add(e.offset).Truncate(time.Second); at.After(t) {
			return at
		}
	}
	return time.Time{}
}
