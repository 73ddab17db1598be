// Package backoff computes how long to wait between attempts at something that keeps failing.
package backoff

import (
	"math/rand/v2"
	"time"
)

// A Backoff computes delays: the first is First, and each further delay is twice as long, but at
// most Max. First and Max must be set before the first call of Next. A Backoff must be used by one
// goroutine only.
type Backoff struct {
	First, Max time.Duration

	// Jitter shortens each delay at random, by up to half. Without jitter, many devices that have
	// lost the same server would reconnect at the same moment.
	Jitter bool

	next time.Duration // the next delay, without jitter; zero means First
}

// Next returns the delay before the next attempt.
func (b *Backoff) Next() time.Duration {
	pause := max(b.next, b.First)
	b.next = min(2*pause, b.Max)
	if b.Jitter && pause > 1 {
		pause = pause/2 + rand.N(pause/2)
	}
	return pause
}

// Reset makes First the next delay. Call Reset when an attempt has succeeded.
func (b *Backoff) Reset() { b.next = 0 }
