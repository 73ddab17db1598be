//go:build linux && !static

// Package alsa records from the sound cards of Linux and lists them, with libasound. Use it on
// machines without a sound server.
//
// libasound's messages are not printed on the terminal. The errors of this package contain
// libasound's text for each error code.
package alsa

import (
	"cmp"
	"context"
	"fmt"
	"time"

	"golang.org/x/sys/unix"

	"moonlark/audio"
)

// silenceTimeout is how long a device may deliver no sound. After that, Record returns an error.
const silenceTimeout = 2 * time.Second

// A Microphone records from an ALSA device.
type Microphone struct {
	device string        // never changes after New
	counts *audio.Counts // never changes after New
}

// New returns a microphone that records from an ALSA device, such as "default" or
// "plughw:CARD=Device". An empty name means "default". If the device cannot record in our format,
// ALSA converts its sound for a name that begins with "plughw:", and Record returns an error for a
// name that begins with "hw:". counts.Overruns counts how often sound was lost; counts may be nil.
func New(device string, counts *audio.Counts) *Microphone {
	return &Microphone{cmp.Or(device, "default"), cmp.Or(counts, new(audio.Counts))}
}

var _ audio.Microphone = (*Microphone)(nil)

// String returns "alsa" and the name of the device.
func (m *Microphone) String() string { return "alsa " + m.device }

// Record implements [audio.Microphone]. It calls libasound and sink on the caller's goroutine.
func (m *Microphone) Record(ctx context.Context, sink audio.Sink) error {
	c, err := openCapture(m.device)
	if err != nil {
		return fmt.Errorf("%v: %w", m, err)
	}
	defer c.close()
	if err := m.record(ctx, c, sink); err != nil {
		return fmt.Errorf("%v: %w", m, err)
	}
	return nil
}

func (m *Microphone) record(ctx context.Context, c *capture, sink audio.Sink) error {
	if code := c.lib.start.Int(c.pcm); code < 0 {
		return c.lib.failure(code)
	}
	// silent is the time since sound last arrived. It begins below zero, so that a device that was
	// just opened may take twice as long.
	silent := -silenceTimeout
	for ctx.Err() == nil {
		waited, err := m.recordChunk(c, sink)
		if err != nil {
			return err
		}
		// silent is a sum of waiting times. A difference of clock times would also include the time
		// for which this process was suspended.
		if silent += waited; waited == 0 {
			silent = 0
		} else if silent >= silenceTimeout {
			return fmt.Errorf("no sound for %v", silenceTimeout)
		}
	}
	return nil
}

// recordChunk reads the next chunk and passes it to sink. It returns 0 if it has read a chunk;
// otherwise it returns how long it has waited.
func (m *Microphone) recordChunk(c *capture, sink audio.Sink) (waited time.Duration, err error) {
	n := c.wait.Int()
	if n == 0 {
		return waitTimeout, nil
	}
	if n > 0 {
		n = c.read.Long()
	}
	if n > 0 {
		sink.Take(c.samples(n), c.age())
		return 0, nil
	}
	// some ALSA plugins announce sound too early; then the call returns EAGAIN
	if n < 0 && n != -int(unix.EAGAIN) {
		if err := m.recover(c, n); err != nil {
			return 0, err
		}
	}
	time.Sleep(time.Millisecond) // prevents a busy loop when calls fail at once
	return time.Millisecond, nil
}

// recover handles an error code that libasound returned. It prepares the device again, for example
// after sound was lost because the program did not read it in time, and restarts the recording. It
// returns an error if the device cannot continue.
func (m *Microphone) recover(c *capture, code int) error {
	if code == -int(unix.EPIPE) {
		m.counts.Overruns.Add(1)
	}
	if code := c.lib.recover.Int(c.pcm, uintptr(code), 1); code < 0 {
		return c.lib.failure(code)
	}
	// EBADFD means that the device is recording already.
	if code := c.lib.start.Int(c.pcm); code < 0 && code != -int(unix.EBADFD) {
		return c.lib.failure(code)
	}
	return nil
}
