// Package pace keeps a carrier that has no device in step with real time.
package pace

import (
	"time"

	"moonlark/audio"
)

const (
	// Period is how long a piece of sound is.
	Period = 20 * time.Millisecond

	// Samples is how many samples it has.
	Samples = audio.Rate / 50

	late = 10 * time.Millisecond // from here on it is counted
	lost = time.Second           // from here on it is not made up for
)

// A Pace wakes one goroutine at the end of every period. Waking late moves none
// of the others, so it does not drift.
type Pace struct {
	counts *audio.Counts // fixed; nil counts nothing
	timer  *time.Timer   // fixed
	end    time.Time     // of the period that runs
}

// Start begins the first period. Its end is the first thing on C.
func Start(counts *audio.Counts) *Pace {
	return &Pace{counts: counts, timer: time.NewTimer(Period), end: time.Now().Add(Period)}
}

// C gives something at the end of a period. Then it is time for Next.
func (p *Pace) C() <-chan time.Time { return p.timer.C }

// Next begins the next period, at the end of the one that ran. It counts when
// it is called late. Only when it is called later than a second, as after the
// machine has slept, the periods that were missed are left out.
func (p *Pace) Next() {
	now := time.Now()
	behind := now.Sub(p.end)
	if behind > late && p.counts != nil {
		p.counts.Late.Add(1)
	}
	if behind > lost {
		p.end = now
	}
	p.end = p.end.Add(Period)
	p.timer.Reset(p.end.Sub(now))
}

// Passed is how much of the period that runs is over.
func (p *Pace) Passed() time.Duration {
	return min(max(Period-time.Until(p.end), 0), Period)
}

// Stop ends it.
func (p *Pace) Stop() { p.timer.Stop() }
