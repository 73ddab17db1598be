package life

import "time"

// defaultStartsPerHour is the maximum number of conversations in an hour when Options.StartsPerHour
// is zero.
const defaultStartsPerHour = 60

// A budget limits how many conversations begin within an hour, since each conversation costs money.
// It has no lock: Life.mu guards it.
type budget struct {
	max    int
	starts []time.Time // when the conversations of the last hour began, oldest first
}

// next returns the earliest time at which another conversation may begin, and whether that time is
// now.
func (b *budget) next(now time.Time) (when time.Time, free bool) {
	for len(b.starts) > 0 && now.Sub(b.starts[0]) >= time.Hour {
		b.starts = b.starts[1:]
	}
	if len(b.starts) < b.max {
		return now, true
	}
	return b.starts[0].Add(time.Hour), false
}

// spend counts a conversation that begins now.
func (b *budget) spend(now time.Time) { b.starts = append(b.starts, now) }
