package audio

import (
	"context"
	"time"
)

// None is the speaker that there is when there is none: sound passes at the
// pace of the clock, and nobody hears it. So whoever asks when speech is over
// need not know.
type None struct{ flushes chan struct{} }

var _ Speaker = (*None)(nil)

// NewNone makes one.
func NewNone() *None { return &None{flushes: make(chan struct{}, 1)} }

func (*None) String() string { return "none" }

// Flush has no buffer to empty: what passes has been heard. It says so to the
// source within 20 ms.
func (s *None) Flush() {
	select {
	case s.flushes <- struct{}{}:
	default:
	}
}

// Play lets sound pass until ctx is done, but not what the machine has slept
// through.
func (s *None) Play(ctx context.Context, source Source) error {
	const period = 20 * time.Millisecond
	sound := make([]float32, Samples(period))
	tick := time.NewTicker(period)
	defer tick.Stop()
	passed := time.Now() // sound has, up to here
	for {
		select {
		case <-tick.C:
			now := time.Now()
			if now.Sub(passed) > time.Second {
				passed = now.Add(-period)
			}
			for !passed.Add(period).After(now) { // a ticker drops ticks
				source.Fill(sound, 0)
				passed = passed.Add(period)
			}
		case <-s.flushes:
			source.Lost(0)
		case <-ctx.Done():
			return nil
		}
	}
}
