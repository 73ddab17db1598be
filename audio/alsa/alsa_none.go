//go:build !linux || static

// Package alsa records from a sound card of Linux. This binary does not have it.
package alsa

import (
	"cmp"
	"context"
	"errors"

	"moonlark/audio"
)

// A Microphone is not to be had here.
type Microphone struct{ device string }

// New makes one whose Record says why.
func New(device string, _ *audio.Counts) *Microphone {
	return &Microphone{cmp.Or(device, "default")}
}

var _ audio.Microphone = (*Microphone)(nil)

// String is "alsa" and the device.
func (m *Microphone) String() string { return "alsa " + m.device }

// Record says why there is none.
func (m *Microphone) Record(context.Context, audio.Sink) error {
	return errors.New("alsa: " + none)
}

// Devices says why there are none.
func Devices() ([]Device, error) { return nil, errors.New("alsa: " + none) }
