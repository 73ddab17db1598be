//go:build static

// Package oto plays sound through the library oto. This binary was built without that library, so
// every call of Play returns an error.
package oto

import (
	"context"

	"moonlark/audio"
)

// A Speaker is a placeholder for the speaker that plays through oto.
type Speaker struct{}

// New returns a speaker whose Play method always returns an error.
func New(*audio.Counts) *Speaker { return &Speaker{} }

var _ audio.Speaker = (*Speaker)(nil)

// String returns "oto".
func (s *Speaker) String() string { return "oto" }

// Play returns an error that says that this binary was built without oto.
func (s *Speaker) Play(context.Context, audio.Source) error { return errUnavailable{} }

// Flush does nothing.
func (s *Speaker) Flush() {}

// errUnavailable is the error of Play. It matches [audio.ErrPermanent] in errors.Is, but has
// another text: the text of audio.ErrPermanent suggests a restart, which would not help here.
type errUnavailable struct{}

func (errUnavailable) Error() string {
	return "oto: this binary was built without oto (tag static)"
}
func (errUnavailable) Is(target error) bool { return target == audio.ErrPermanent }
