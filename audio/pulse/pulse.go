// Package pulse plays and records by the sound server of a Linux desktop or
// device, PulseAudio or PipeWire, in the protocol that both speak. It needs no
// cgo and no library; where there is no server it finds none.
//
// The fact that everything here depends on: the server holds a deep buffer of
// our sound, and can be told to forget it. So the speaker survives our being
// late, and is still silent within milliseconds when it has to be.
//
// Each open stream has a connection of its own, which one goroutine reads
// (proto's, it calls what is named hear, which must never wait) and another
// serves: the one that called Play or Record.
package pulse

import (
	"cmp"
	"context"
	"fmt"
	"log/slog"
	"time"

	"moonlark/audio"
)

// Options say how a stream is opened. Their zero value plays on, or records
// from, the default device of the server that a person would expect.
type Options struct {
	// Server is the server's address, as PULSE_SERVER has it. Empty means that
	// it is looked for: see Found.
	Server string

	// Device is the name of a sink or a source. Empty means the server's default.
	Device string

	// Find is asked for the name of the device instead, each time that one is
	// opened. Nil means Device.
	Find func(context.Context) (string, error)

	// Depth is how much sound the server holds. Zero means 700 ms.
	Depth time.Duration

	// Period is how much sound the server takes, or gives, at a time. Zero
	// means 10 ms for a speaker and 20 ms for a microphone.
	Period time.Duration

	// Counts is where to count what goes wrong. Nil means nowhere.
	Counts *audio.Counts

	// Log gets what a person should know, such as that the sound comes from
	// another device now. Nil means nobody.
	Log *slog.Logger
}

func (o Options) depth() time.Duration { return cmp.Or(o.Depth, 700*time.Millisecond) }

func (o Options) counts() *audio.Counts {
	if o.Counts == nil {
		return new(audio.Counts)
	}
	return o.Counts
}

func (o Options) log() *slog.Logger {
	if o.Log == nil {
		return slog.New(slog.DiscardHandler)
	}
	return o.Log
}

// device is the name of the device to open now, empty for the default one.
func (o Options) device(ctx context.Context) (string, error) {
	name := o.Device
	if o.Find != nil {
		var err error
		if name, err = o.Find(ctx); err != nil {
			return "", err
		}
	}
	// proto has a buffer of 1024 bytes for a request, and panics beyond it.
	if len(name) > 256 {
		return "", fmt.Errorf("no device has a name of %d bytes", len(name))
	}
	return name, nil
}
