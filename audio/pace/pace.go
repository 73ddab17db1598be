// Package pace wakes up a goroutine every 20 ms. Backends that read or write files use it to move
// sound in real time.
package pace

import (
	"time"

	"moonlark/audio"
)

const (
	// Period is the time between two wake-ups. At each wake-up, a backend moves sound of this
	// length.
	Period = 20 * time.Millisecond

	// Samples is the number of samples in a Period.
	Samples = audio.Rate / 50

	minLate    = 10 * time.Millisecond // a call of Next with a longer delay counts as late
	maxCatchUp = time.Second           // after a longer delay, Next skips the missed periods
)

// A Pace wakes up one goroutine at the end of every period. If the goroutine wakes up late, the
// following periods still end on time, so the periods do not drift.
type Pace struct {
	counts *audio.Counts // counts late wake-ups; nil counts nothing; never changes after Start
	timer  *time.Timer   // never changes after Start
	end    time.Time     // end of the current period
}

// Start begins the first period and returns the Pace. Late wake-ups are counted in counts.Late,
// unless counts is nil.
func Start(counts *audio.Counts) *Pace {
	return &Pace{counts: counts, timer: time.NewTimer(Period), end: time.Now().Add(Period)}
}

// C returns a channel that receives a value at the end of a period. Call Next after each receive.
func (p *Pace) C() <-chan time.Time { return p.timer.C }

// Next begins the next period at the end of the previous one, even if Next is called late. Calls
// that are more than 10 ms late are counted. After a delay of more than a second, for example
// because the machine was suspended, Next skips the missed periods.
func (p *Pace) Next() {
	now := time.Now()
	delay := now.Sub(p.end)
	if delay > minLate && p.counts != nil {
		p.counts.Late.Add(1)
	}
	if delay > maxCatchUp {
		p.end = now
	}
	p.end = p.end.Add(Period)
	p.timer.Reset(p.end.Sub(now))
}

// Passed returns how much of the current period has passed: at least 0 and at most Period.
func (p *Pace) Passed() time.Duration {
	return min(max(Period-time.Until(p.end), 0), Period)
}

// Stop stops the timer. The channel receives no more values after that.
func (p *Pace) Stop() { p.timer.Stop() }
