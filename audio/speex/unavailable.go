//go:build !linux || static

// Package speex removes the sound of the speaker from the sound of the microphone. This binary was
// built without support for that, so New always returns an error.
package speex

import (
	"errors"
	"time"
)

// A Canceller is a placeholder for an echo canceller. This binary cannot create one.
type Canceller struct{}

// New returns an error that says why this binary has no echo canceller.
func New(int, time.Duration, time.Duration) (*Canceller, error) {
	return nil, errors.New("speex: " + unavailable)
}

// Frame returns 0.
func (c *Canceller) Frame() int { return 0 }

// Cancel copies mic to out.
func (c *Canceller) Cancel(mic, far, out []float32) { copy(out, mic) }

// Close does nothing.
func (c *Canceller) Close() {}
