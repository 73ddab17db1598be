//go:build !linux || static

// Package speex removes the agent's own voice from what the microphone hears.
// This binary does not have it.
package speex

import (
	"errors"
	"time"
)

// A Canceller is not to be had here.
type Canceller struct{}

// New says why there is none.
func New(int, time.Duration, time.Duration) (*Canceller, error) {
	return nil, errors.New("speex: " + none)
}

// Frame is how many samples a frame has.
func (c *Canceller) Frame() int { return 0 }

// Cancel copies mic to out.
func (c *Canceller) Cancel(mic, far, out []float32) { copy(out, mic) }

// Reset does nothing.
func (c *Canceller) Reset() {}

// Close does nothing.
func (c *Canceller) Close() {}
