package calendar

import (
	_ "embed"
	"fmt"
	"slices"
	"sort"
	"strings"
	"time"

	"github.com/emersion/go-ical"
	"github.com/teambition/rrule-go"
)

// A moment is a time as a calendar writes it: what the clocks of a time zone show.
type moment struct {
	wall   time.Time // in UTC, but meant in zone
	zone   clockZone
	isDate bool // only the date counts
}

// instant returns the point in time.
func (m moment) instant() time.Time { return m.zone.instant(m.wall) }

// A clockZone is a time zone.
type clockZone interface {
	// instant returns the time at which the clocks of the zone show wall.
	instant(wall time.Time) time.Time
	// wall returns what the clocks of the zone show at t, in UTC.
	wall(t time.Time) time.Time
}

// A namedZone is a zone of the zone database.
type namedZone struct{ *time.Location }

func (z namedZone) instant(wall time.Time) time.Time {
	return time.Date(wall.Year(), wall.Month(), wall.Day(), wall.Hour(), wall.Minute(), wall.Second(), 0, z.Location)
}

func (z namedZone) wall(t time.Time) time.Time {
	t = t.In(z.Location)
	return time.Date(t.Year(), t.Month(), t.Day(), t.Hour(), t.Minute(), t.Second(), 0, time.UTC)
}

// zones finds the time zones of a calendar.
type zones struct {
	fallback clockZone // of times that have no zone
	found    map[string]clockZone
	defined  map[string]*ical.Component // the VTIMEZONE of the calendar
}

// maxZones is how many different names of zones a calendar can have.
const maxZones = 500

func newZones(fallback *time.Location, components []*ical.Component) *zones {
	z := &zones{fallback: namedZone{fallback}, found: map[string]clockZone{}, defined: map[string]*ical.Component{}}
	for _, c := range components {
		if c.Name != ical.CompTimezone {
			continue
		}
		if id := c.Props.Get(ical.PropTimezoneID); id != nil {
			z.defined[id.Value] = c
		}
	}
	return z
}

// zone returns the zone with the name that a calendar uses, or the fallback if nothing explains it.
func (z *zones) zone(name string) clockZone {
	if name == "" {
		return z.fallback
	}
	if known := z.found[name]; known != nil {
		return known
	}
	found := z.find(name)
	if len(z.found) < maxZones {
		z.found[name] = found
	}
	return found
}

func (z *zones) find(name string) clockZone {
	if loc := namedLocation(name); loc != nil {
		return namedZone{loc}
	}
	if c := z.defined[name]; c != nil {
		if p := c.Props.Get("X-LIC-LOCATION"); p != nil {
			if loc := namedLocation(p.Value); loc != nil {
				return namedZone{loc}
			}
		}
		if v := newDefinedZone(c); v != nil {
			return v
		}
	}
	return z.fallback
}

// namedLocation returns the zone with a name such as "Europe/Berlin", "W. Europe Standard Time" or
// "/mozilla.org/20050126_1/Europe/Berlin". It returns nil if the zone is not known.
func namedLocation(name string) *time.Location {
	name = strings.Trim(name, `" `)
	if windows := windowsZones()[strings.ToLower(name)]; windows != "" {
		name = windows
	}
	if strings.EqualFold(name, "local") || name == "" || len(name) > 200 {
		return nil
	}
	for parts := strings.Split(strings.TrimPrefix(name, "/"), "/"); len(parts) > 0; parts = parts[1:] {
		if loc, err := time.LoadLocation(strings.Join(parts, "/")); err == nil && parts[0] != "" {
			return loc
		}
	}
	return nil
}

//go:embed windows_zones.txt
var windowsZonesText string

// windowsZones returns the zones by the names that Windows and Exchange give them, in lower case.
func windowsZones() map[string]string {
	zones := map[string]string{}
	for line := range strings.Lines(windowsZonesText) {
		if windows, name, ok := strings.Cut(strings.TrimSpace(line), "="); ok {
			zones[strings.ToLower(windows)] = name
		}
	}
	return zones
}

// A definedZone is a zone that the calendar itself defines.
type definedZone struct {
	before  time.Duration // offset from UTC before the first change
	changes []change      // sorted by time
}

// A change is a time from which a zone has another offset, such as the beginning of summer time.
type change struct {
	wall   time.Time     // by the clocks of the zone
	offset time.Duration // from UTC
}

const (
	maxPeriods = 500  // periods of a VTIMEZONE, such as its summer time, that are read
	maxChanges = 1000 // changes of a period
)

// newDefinedZone returns the zone that a VTIMEZONE defines, or nil if it cannot be understood.
func newDefinedZone(c *ical.Component) clockZone {
	z := &definedZone{}
	for _, child := range c.Children[:min(len(c.Children), maxPeriods)] {
		begin, to, from := child.Props.Get(ical.PropDateTimeStart), child.Props.Get(ical.PropTimezoneOffsetTo), child.Props.Get(ical.PropTimezoneOffsetFrom)
		if begin == nil || to == nil {
			continue
		}
		first, err := time.Parse("20060102T150405", strings.TrimSuffix(begin.Value, "Z"))
		if err != nil {
			continue
		}
		if len(z.changes) == 0 && from != nil {
			z.before = parseOffset(from.Value)
		}
		z.addPeriod(first, parseOffset(to.Value), child.Props.Get(ical.PropRecurrenceRule))
	}
	if len(z.changes) == 0 {
		return nil
	}
	slices.SortStableFunc(z.changes, func(a, b change) int { return a.wall.Compare(b.wall) })
	return z
}

// addPeriod adds the changes to a period that begins at the time first, and at the times of the rule
// unless that is nil.
func (z *definedZone) addPeriod(first time.Time, offset time.Duration, rule *ical.Prop) {
	z.changes = append(z.changes, change{first, offset})
	if rule == nil {
		return
	}
	o, err := rrule.StrToROption(rule.Value)
	if err != nil || o.Freq != rrule.YEARLY || o.Interval > maxInterval || len(o.Byhour)+len(o.Byminute)+len(o.Bysecond) > 3 {
		return
	}
	o.Dtstart = first
	n := 0
	_ = expand(*o, time.Unix(maxTime, 0).UTC(), func(wall time.Time) bool { // a wrong rule has no times
		z.changes = append(z.changes, change{wall, offset})
		n++
		return n < maxChanges
	})
}

// parseOffset returns the offset that a text such as "+0100" or "-003000" is.
func parseOffset(s string) time.Duration {
	var h, m, sec int
	digits := strings.TrimLeft(s, "+-")
	fmt.Sscanf(digits, "%2d%2d%2d", &h, &m, &sec)
	d := time.Duration(h)*time.Hour + time.Duration(m)*time.Minute + time.Duration(sec)*time.Second
	if strings.HasPrefix(s, "-") {
		return -d
	}
	return d
}

// offset returns the offset of the zone when its clocks show wall.
func (z *definedZone) offset(wall time.Time) time.Duration {
	later := sort.Search(len(z.changes), func(i int) bool { return z.changes[i].wall.After(wall) })
	if later == 0 {
		return z.before
	}
	return z.changes[later-1].offset
}

func (z *definedZone) instant(wall time.Time) time.Time { return wall.Add(-z.offset(wall)) }

func (z *definedZone) wall(t time.Time) time.Time {
	t = t.UTC()
	return t.Add(z.offset(t.Add(z.offset(t))))
}

// moment returns the time that text, the value of p or a part of it, stands for.
func (z *zones) moment(p *ical.Prop, text string) (moment, error) {
	text = strings.TrimSpace(text)
	zone := z.zone(p.Params.Get(ical.ParamTimezoneID))
	if len(text) == 8 {
		wall, err := time.Parse("20060102", text)
		if err != nil {
			return moment{}, fmt.Errorf("%q is not a date", text)
		}
		return moment{wall, z.fallback, true}, nil
	}
	if strings.HasSuffix(text, "Z") {
		text, zone = strings.TrimSuffix(text, "Z"), namedZone{time.UTC}
	}
	wall, err := time.Parse("20060102T150405", text)
	if err != nil {
		return moment{}, fmt.Errorf("%.40q is not a time", text)
	}
	return moment{wall, zone, false}, nil
}

// moments returns the times in a list. Those that cannot be understood are left out.
func (z *zones) moments(p *ical.Prop) (all []moment) {
	for part := range strings.SplitSeq(p.Value, ",") {
		begin, _, _ := strings.Cut(part, "/") // of a period, only the beginning
		if m, err := z.moment(p, begin); err == nil {
			all = append(all, m)
		}
	}
	return all
}
