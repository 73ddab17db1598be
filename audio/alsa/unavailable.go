//go:build !linux || static

// Package alsa records from the sound cards of Linux. This binary was built without support for
// ALSA, so every function that would use ALSA returns an error.
package alsa

import (
	"cmp"
	"context"
	"errors"

	"moonlark/audio"
)

// A Microphone is a placeholder for an ALSA device. This binary cannot open ALSA devices.
type Microphone struct{ device string }

// New returns a microphone whose Record method always returns an error.
func New(device string, _ *audio.Counts) *Microphone {
	return &Microphone{cmp.Or(device, "default")}
}

var _ audio.Microphone = (*Microphone)(nil)

// String returns "alsa" and the name of the device.
func (m *Microphone) String() string { return "alsa " + m.device }

// Record returns an error that says why this binary cannot use ALSA.
func (m *Microphone) Record(context.Context, audio.Sink) error {
	return errors.New("alsa: " + unavailable)
}

// Devices returns an error that says why this binary cannot use ALSA.
func Devices() ([]Device, error) { return nil, errors.New("alsa: " + unavailable) }
