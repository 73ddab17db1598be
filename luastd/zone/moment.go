package zone

import "time"

// Moment returns the first moment at which the clocks of the zone show the date and time of wall.
// The zone of wall itself does not matter. If the clocks are put forward past that time, so that
// they never show it, Moment returns the moment when they are put forward, and skipped is the part
// of the gap before wall. For example, if they are put from 2:00 to 3:00, skipped is 30 minutes for
// 2:30.
func Moment(wall time.Time, zone *time.Location) (t time.Time, skipped time.Duration) {
	const margin = 48 * time.Hour // more than the difference between any zone and UTC
	year, month, day := wall.Date()
	hour, minute, second := wall.Clock()
	utc := time.Date(year, month, day, hour, minute, second, wall.Nanosecond(), time.UTC)
	t = utc.Add(-margin).In(zone)
	for {
		start, _ := t.ZoneBounds()
		end, changes := NextChange(t)
		_, offset := t.Zone()
		shown := utc.Add(-time.Duration(offset) * time.Second).In(zone)
		switch {
		case !start.IsZero() && shown.Before(start):
			return start, shown.Add(gap(start, offset)).Sub(start)
		case !changes || shown.Before(end):
			return shown, 0
		}
		t = end
	}
}

// NextChange returns the next moment after t at which the zone of t may have another offset from
// UTC. ok is false if the offset never changes again.
func NextChange(t time.Time) (change time.Time, ok bool) {
	_, change = t.ZoneBounds()
	if change.IsZero() {
		return change, false
	}
	if !change.After(t) {
		// On the last day of a leap year, ZoneBounds can return the start of that day (Go 1.26).
		change = t.Add(24 * time.Hour)
	}
	return change, true
}

// gap returns how far the clocks are put forward at the moment start, after which the offset from
// UTC is offset seconds.
func gap(start time.Time, offset int) time.Duration {
	_, before := start.Add(-time.Nanosecond).Zone()
	return time.Duration(offset-before) * time.Second
}

// InZone returns the moment at which the clocks of the zone show the date and time of wall: the
// first one, if there are several. If the clocks are put forward past that time, it returns the
// moment at which they would show it if they had not been put forward.
func InZone(wall time.Time, zone *time.Location) time.Time {
	t, skipped := Moment(wall, zone)
	return t.Add(skipped)
}

// Wall returns what the clocks show at t, as a time in UTC.
func Wall(t time.Time) time.Time {
	_, offset := t.Zone()
	return t.UTC().Add(time.Duration(offset) * time.Second)
}
