//go:build !windows

package wasapi

import (
	"context"
	"fmt"

	"moonlark/audio"
)

var errUnavailable = fmt.Errorf("wasapi is a part of Windows: %w", audio.ErrPermanent)

// A Speaker is a placeholder for a speaker of Windows.
type Speaker struct{ device string }

// NewSpeaker returns a speaker whose Play method always returns an error.
func NewSpeaker(device string, _ *audio.Counts) *Speaker { return &Speaker{device} }

var _ audio.Speaker = (*Speaker)(nil)

// String returns "wasapi" and the name of the device.
func (s *Speaker) String() string { return name(s.device) }

// Play returns an error that says why this program cannot use WASAPI.
func (s *Speaker) Play(context.Context, audio.Source) error { return errUnavailable }

// Flush does nothing.
func (s *Speaker) Flush() {}

// A Microphone is a placeholder for a microphone of Windows.
type Microphone struct{ device string }

// NewMicrophone returns a microphone whose Record method always returns an error.
func NewMicrophone(device string, _ *audio.Counts) *Microphone { return &Microphone{device} }

var _ audio.Microphone = (*Microphone)(nil)

// String returns "wasapi" and the name of the device.
func (m *Microphone) String() string { return name(m.device) }

// Record returns an error that says why this program cannot use WASAPI.
func (m *Microphone) Record(context.Context, audio.Sink) error { return errUnavailable }

// Devices returns an error that says why this program cannot use WASAPI.
func Devices() (speakers, microphones []Device, err error) { return nil, nil, errUnavailable }
