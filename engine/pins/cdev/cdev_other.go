//go:build !linux

package cdev

import (
	"runtime"

	"moonlark/engine/pins"
)

func unsupported() *pins.Error {
	return &pins.Error{Code: "unsupported", Text: "Moonlark can use pins only on Linux, not on " + runtime.GOOS + ": --gpio=sim simulates them"}
}

// Chips implements pins.Board.
func (*Board) Chips() ([]pins.Chip, error) { return nil, unsupported() }

// Request implements pins.Board.
func (*Board) Request(pins.Request) (pins.Lines, error) { return nil, unsupported() }

// PWM implements pins.Board.
func (*Board) PWM(int, int) (pins.PWM, error) { return nil, unsupported() }
