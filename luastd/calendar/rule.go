package calendar

import (
	"time"

	"github.com/teambition/rrule-go"
)

// maxInterval is the maximal interval of a rule. The library computes wrongly with very large ones.
const maxInterval = 100000

// lateYears is added to the years of a rule before it is expanded. The calendar repeats after 400
// years, with the same days of the week.
//
// The library ends a rule at the year 9999, and cannot be interrupted while it searches the next
// time. Thus a rule that never matches, such as each 30 February, ends after some hundred years.
const lateYears = 19 * 400

// expand calls f with the times of a rule that are not after to, in their order, until f returns
// false. It returns an error if the rule is wrong.
func expand(o rrule.ROption, to time.Time, f func(wall time.Time) bool) error {
	o.Dtstart = o.Dtstart.AddDate(lateYears, 0, 0)
	if !o.Until.IsZero() {
		o.Until = o.Until.AddDate(lateYears, 0, 0)
	}
	r, err := rrule.NewRRule(o)
	if err != nil {
		return err
	}
	next := r.Iterator()
	for {
		wall, ok := next()
		if wall = wall.AddDate(-lateYears, 0, 0); !ok || wall.After(to) || !f(wall) {
			return nil
		}
	}
}
