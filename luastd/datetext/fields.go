package datetext

import (
	"time"

	"moonlark/luastd/zone"
)

// fields are what a text says about a date and time.
type fields struct {
	year, month, day  int
	hour, minute, sec int
	nanosecond        int

	offset    int // offset from UTC in seconds, if hasOffset is true
	hasOffset bool
}

// wall returns the date and time in UTC. ok is false if the month does not have that day.
func (f *fields) wall() (wall time.Time, ok bool) {
	wall = time.Date(f.year, time.Month(f.month), f.day, f.hour, f.minute, f.sec, f.nanosecond, time.UTC)
	// the 60th second of a minute is a leap second, and the same as the next minute
	day := wall.Add(-time.Duration(f.sec) * time.Second)
	return wall, day.Day() == f.day && int(day.Month()) == f.month
}

// moment returns the moment that f means. The clocks of the local zone show f, if f has no offset.
// ok is false if the month does not have that day.
func (f *fields) moment(local *time.Location) (t time.Time, ok bool) {
	wall, ok := f.wall()
	if f.hasOffset {
		return wall.Add(-time.Duration(f.offset) * time.Second), ok
	}
	return zone.InZone(wall, local), ok
}
