package remote

import (
	"errors"

	"moonlark/engine/pins/sim"
)

// ErrNoPins is the error of Pins and SetPin without simulated pins.
var ErrNoPins = errors.New("there are no simulated pins: start with --gpio=sim")

// Pins returns the states of the simulated pins. The error is ErrNoPins if there are none.
func (r *Remote) Pins() ([]sim.State, error) {
	chip := r.parts.Load().Pins
	if chip == nil {
		return nil, ErrNoPins
	}
	return chip.States(), nil
}

// SetPin drives the simulated pin with this name or number, which must be an input of a script, from
// outside: true means that a button is pressed. Another error than ErrNoPins says that there is no such
// line, or that no script uses the line as an input.
func (r *Remote) SetPin(line string, value bool) error {
	chip := r.parts.Load().Pins
	if chip == nil {
		return ErrNoPins
	}
	offset, err := chip.Find(line)
	if err != nil {
		return err
	}
	return chip.SetValue(offset, value)
}
