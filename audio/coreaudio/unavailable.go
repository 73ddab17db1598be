//go:build !darwin

// Package coreaudio records from the default microphone of macOS. This program was built for another
// system, on which the package returns errors.
package coreaudio

import (
	"context"
	"fmt"

	"moonlark/audio"
)

// A Microphone is a placeholder for the microphone of macOS.
type Microphone struct{}

// NewMicrophone returns a microphone whose Record method always returns an error.
func NewMicrophone(*audio.Counts) *Microphone { return &Microphone{} }

var _ audio.Microphone = (*Microphone)(nil)

// String returns "coreaudio".
func (m *Microphone) String() string { return "coreaudio" }

// Record returns an error that says why this program cannot use CoreAudio.
func (m *Microphone) Record(context.Context, audio.Sink) error {
	return fmt.Errorf("coreaudio is a part of macOS: %w", audio.ErrPermanent)
}
