// Package cron finds the times that cron expressions such as "30 7 * * mon-fri" describe.
//
// An expression has the fields minute, hour, day of the month, month and day of the week, or a
// second before them. The clocks of a zone can be put forward and back, and then the rules are
// those of ISC cron. An expression whose minute and hour have neither * nor / describes times of
// day: a time that is skipped is moved to the moment after the jump, and a time that comes twice
// counts once, the first time. Other expressions describe intervals, and follow what the clocks
// show.
package cron

import (
	"math/bits"
	"time"

	"moonlark/luastd/zone"
)

// maxYears is the number of years after which no further time of a schedule can come. The 29th of
// February can be 8 years away.
const maxYears = 9

// A Schedule is a parsed cron expression. It never changes, so any goroutine may use it. Each set
// has a bit for each number in it.
type Schedule struct {
	seconds, minutes, hours, days, months uint64
	weekdays                              uint64 // 0 is Sunday

	// Each of the days must match if its field begins with *. Otherwise one of them is sufficient.
	anyDay, anyWeekday bool
	// Interval says that the minute or the hour has * or /, so that the schedule follows what the
	// clocks show.
	interval bool
}

// Daily returns the schedule of a time of day, on these days of the week.
func Daily(hour, minute, second int, days Weekdays) *Schedule {
	return &Schedule{
		seconds: 1 << second, minutes: 1 << minute, hours: 1 << hour,
		days: fields[dayField].all(), months: fields[monthField].all(), anyDay: true,
		weekdays: uint64(days),
	}
}

// Interval reports whether the schedule describes intervals and not times of day.
func (s *Schedule) Interval() bool { return s.interval }

// Never reports whether the schedule has no times, as for the 30th of February.
func (s *Schedule) Never() bool {
	_, ok := s.nextWall(time.Date(2024, 1, 1, 0, 0, 0, 0, time.UTC))
	return !ok
}

// Next returns the first time of the schedule after t, in the zone of t. It returns the zero time
// if there is none.
func (s *Schedule) Next(t time.Time) time.Time {
	if s.interval {
		return s.nextShown(t)
	}
	wall, ok := s.nextWall(zone.Wall(t).Truncate(time.Second))
	for ok {
		if next, _ := zone.Moment(wall, t.Location()); next.After(t) {
			return next
		}
		wall, ok = s.nextWall(wall.Add(time.Second))
	}
	return time.Time{}
}

// nextShown returns the first moment after t at which the clocks show a time of the schedule.
func (s *Schedule) nextShown(t time.Time) time.Time {
	local, last := t.Location(), t.AddDate(maxYears, 0, 0)
	t = t.Truncate(time.Second).Add(time.Second)
	for t.Before(last) { // between two changes of the clocks
		end, changes := zone.NextChange(t)
		_, offset := t.Zone()
		wall, ok := s.nextWall(zone.Wall(t))
		if !ok {
			return time.Time{}
		}
		next := wall.Add(-time.Duration(offset) * time.Second).In(local)
		if !changes || next.Before(end) {
			return next
		}
		t = end
	}
	return time.Time{}
}

// nextWall returns the first date and time that matches the schedule and is not before wall. wall
// is in UTC. ok is false if there is none.
func (s *Schedule) nextWall(wall time.Time) (next time.Time, ok bool) {
	year, month, day := wall.Date()
	date := time.Date(year, month, day, 0, 0, 0, 0, time.UTC)
	hour, minute, second := wall.Clock()
	for last := year + maxYears; date.Year() <= last; hour, minute, second = 0, 0, 0 {
		switch {
		case s.months&(1<<date.Month()) == 0:
			date = time.Date(date.Year(), date.Month()+1, 1, 0, 0, 0, 0, time.UTC)
			continue
		case s.matchesDay(date):
			if clock, ok := s.nextClock(hour, minute, second); ok {
				return date.Add(clock), true
			}
		}
		date = date.AddDate(0, 0, 1)
	}
	return time.Time{}, false
}

func (s *Schedule) matchesDay(date time.Time) bool {
	day, weekday := s.days&(1<<date.Day()) != 0, s.weekdays&(1<<date.Weekday()) != 0
	if s.anyDay || s.anyWeekday {
		return day && weekday
	}
	return day || weekday
}

// nextClock returns the first time of day that matches and is not before hour:minute:second, as the
// time since midnight. ok is false if there is none.
func (s *Schedule) nextClock(hour, minute, second int) (clock time.Duration, ok bool) {
	h, m, sec := hour, minute, next(s.seconds, second)
	if s.hours&(1<<hour) == 0 || s.minutes&(1<<minute) == 0 || sec == none {
		m, sec = next(s.minutes, minute+1), next(s.seconds, 0)
		if s.hours&(1<<hour) == 0 || m == none {
			h, m = next(s.hours, hour+1), next(s.minutes, 0)
		}
	}
	if h == none {
		return 0, false
	}
	return time.Duration(h)*time.Hour + time.Duration(m)*time.Minute + time.Duration(sec)*time.Second, true
}

// none is the result of next if there is no number.
const none = 64

// next returns the first number in set that is not less than min.
func next(set uint64, min int) int { return bits.TrailingZeros64(set >> min << min) }
