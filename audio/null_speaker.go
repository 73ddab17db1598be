package audio

import (
	"context"
	"time"
)

// A NullSpeaker is a Speaker that takes sound in real time and discards it. It replaces a missing
// speaker, so that the player still knows when the agent's speech is over.
type NullSpeaker struct{ flushes chan struct{} }

var _ Speaker = (*NullSpeaker)(nil)

// NewNullSpeaker returns a NullSpeaker that is ready to use.
func NewNullSpeaker() *NullSpeaker { return &NullSpeaker{flushes: make(chan struct{}, 1)} }

// String returns "none".
func (*NullSpeaker) String() string { return "none" }

// Flush implements [Speaker]. A NullSpeaker has no buffer to flush, so Play calls the source's Lost
// with 0.
func (s *NullSpeaker) Flush() {
	select {
	case s.flushes <- struct{}{}:
	default:
	}
}

// Play implements [Speaker]. After the machine was suspended, Play does not take the sound of the
// missed time from source.
func (s *NullSpeaker) Play(ctx context.Context, source Source) error {
	const period = 20 * time.Millisecond
	sound := make([]float32, Samples(period))
	tick := time.NewTicker(period)
	defer tick.Stop()
	filledUntil := time.Now()
	for {
		select {
		case <-tick.C:
			now := time.Now()
			if now.Sub(filledUntil) > time.Second {
				filledUntil = now.Add(-period)
			}
			// the loop runs more than once if the ticker has dropped ticks
			for !filledUntil.Add(period).After(now) {
				source.Fill(sound, 0)
				filledUntil = filledUntil.Add(period)
			}
		case <-s.flushes:
			source.Lost(0)
		case <-ctx.Done():
			return nil
		}
	}
}
