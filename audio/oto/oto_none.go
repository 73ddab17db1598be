//go:build static

// Package oto plays through oto, which this binary does not have.
package oto

import (
	"context"

	"moonlark/audio"
)

// A Speaker is not to be had here.
type Speaker struct{}

// New makes one whose Play says why.
func New(*audio.Counts) *Speaker { return &Speaker{} }

var _ audio.Speaker = (*Speaker)(nil)

func (s *Speaker) String() string { return "oto" }

// Play says why there is none.
func (s *Speaker) Play(context.Context, audio.Source) error { return none{} }

// Flush does nothing.
func (s *Speaker) Flush() {}

// none is an [audio.ErrForGood] that starting the program again does not mend.
type none struct{}

func (none) Error() string        { return "oto: this binary was built without oto (tag static)" }
func (none) Is(target error) bool { return target == audio.ErrForGood }
