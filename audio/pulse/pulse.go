// Package pulse plays and records sound with the sound server of a Linux machine, PulseAudio or
// PipeWire. It uses the PulseAudio protocol and needs neither cgo nor a library. On other platforms
// it compiles but finds no server.
//
// The speaker relies on one property of the server: the server buffers much sound (700 ms) and can
// discard its buffer on request. Therefore a delay in this process causes no gap, and the speaker
// can still become silent within milliseconds.
//
// Each stream has a connection of its own and uses two goroutines. One belongs to package proto
// (github.com/jfreymuth/pulse/proto), which implements the protocol: this goroutine reads the server's
// messages and calls the functions named onMessage, which must not block. The other is the goroutine
// that runs Play or Record.
package pulse

import (
	"cmp"
	"context"
	"fmt"
	"log/slog"
	"time"

	"moonlark/audio"
)

// Options are the settings of a speaker or a microphone. The zero value selects the default device
// of the local sound server.
type Options struct {
	// Server is the address of the sound server, in the syntax of the environment variable
	// PULSE_SERVER. Empty means the value of PULSE_SERVER, or otherwise the local sound server.
	Server string

	// Device is the name of a sink (speaker) or a source (microphone). Empty means the server's
	// default device.
	Device string

	// Find returns the name of the device to open, each time a device is opened. If Find is not
	// nil, Device is ignored.
	Find func(context.Context) (string, error)

	// Depth is how much sound of a speaker the server buffers. Zero means 700 ms.
	Depth time.Duration

	// Counts counts problems with the sound. It may be nil.
	Counts *audio.Counts

	// Log receives messages for the user, for example that another device is used now. It may be
	// nil.
	Log *slog.Logger
}

func (o Options) depth() time.Duration { return cmp.Or(o.Depth, 700*time.Millisecond) }

func (o Options) counts() *audio.Counts { return cmp.Or(o.Counts, new(audio.Counts)) }

func (o Options) log() *slog.Logger {
	if o.Log == nil {
		return slog.New(slog.DiscardHandler)
	}
	return o.Log
}

// device returns the name of the device to open. Empty means the server's default device.
func (o Options) device(ctx context.Context) (string, error) {
	name := o.Device
	if o.Find != nil {
		var err error
		if name, err = o.Find(ctx); err != nil {
			return "", err
		}
	}
	// Package proto panics if a request is longer than 1024 bytes.
	if len(name) > 256 {
		return "", fmt.Errorf("a device name of %d bytes is too long", len(name))
	}
	return name, nil
}
