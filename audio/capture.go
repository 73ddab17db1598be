package audio

import (
	"context"
	"errors"
	"slices"
	"sync"
	"time"
)

const (
	// captureLength is how much sound a Capture keeps for a reader that is slow.
	captureLength = 2 * time.Second

	// maxCaptures is how many Captures a Recorder can have at the same time.
	maxCaptures = 8
)

// A Capture receives a copy of the microphone's sound: after the echo was removed, and silence while
// the microphone is muted. Only one goroutine at a time may use it.
type Capture struct {
	recorder *Recorder
	more     chan struct{} // has a value after sound has been added

	mu      sync.Mutex // guards the fields below; never held while waiting
	buffer  prerollBuffer
	dropped bool // sound was lost because the reader was slow
}

// Capture begins a Capture, which the caller must close. It returns an error if there are too many.
func (r *Recorder) Capture() (*Capture, error) {
	c := &Capture{
		recorder: r, more: make(chan struct{}, 1),
		buffer: prerollBuffer{samples: make([]float32, Samples(captureLength))},
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	if len(r.captures) == maxCaptures {
		return nil, errors.New("the microphone is being recorded too many times")
	}
	r.captures = append(r.captures, c)
	return c, nil
}

// Close ends the Capture.
func (c *Capture) Close() {
	c.recorder.mu.Lock()
	defer c.recorder.mu.Unlock()
	c.recorder.captures = slices.DeleteFunc(c.recorder.captures, func(other *Capture) bool { return other == c })
}

// add appends recorded sound. The microphone's goroutine calls it.
func (c *Capture) add(sound []float32) {
	c.mu.Lock()
	c.dropped = c.dropped || c.buffer.count+len(sound) > len(c.buffer.samples)
	c.buffer.add(sound)
	c.mu.Unlock()
	select {
	case c.more <- struct{}{}:
	default:
	}
}

// Read waits for sound, fills dst with it and returns the number of samples. Its error is the cause
// of ctx.
func (c *Capture) Read(ctx context.Context, dst []float32) (int, error) {
	for {
		c.mu.Lock()
		n := c.buffer.take(dst)
		c.mu.Unlock()
		if n > 0 {
			return n, nil
		}
		select {
		case <-c.more:
		case <-ctx.Done():
			return 0, context.Cause(ctx)
		}
	}
}

// Dropped reports whether sound was lost because Read was called too rarely.
func (c *Capture) Dropped() bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.dropped
}
