package pulse

import (
	"context"
	"sync/atomic"

	"moonlark/audio"
)

// A Microphone records from a source of a sound server. It calls its sink on the goroutine that
// reads the connection, so that no other goroutine has to wake up for each piece of sound.
type Microphone struct {
	opts Options                // never changes after NewMicrophone
	name atomic.Pointer[string] // name of the open device for users; nil if no device is open
}

// NewMicrophone returns a microphone. It does not connect to the sound server; Record does.
func NewMicrophone(opts Options) *Microphone { return &Microphone{opts: opts} }

var _ audio.Microphone = (*Microphone)(nil)

// String implements [audio.Microphone]. It returns "pulse", followed by the name of the device if
// that is known.
func (m *Microphone) String() string { return displayName(m.name.Load(), m.opts.Device) }

// Record implements [audio.Microphone].
func (m *Microphone) Record(ctx context.Context, sink audio.Sink) error {
	err := m.record(ctx, sink)
	if ctx.Err() != nil {
		return nil
	}
	return err
}

func (m *Microphone) record(ctx context.Context, sink audio.Sink) error {
	name, err := m.opts.device(ctx)
	if err != nil {
		return err
	}
	r := newRecording(m, sink)
	if err := r.open(ctx, name); err != nil {
		return err
	}
	defer r.close()
	return r.run()
}
