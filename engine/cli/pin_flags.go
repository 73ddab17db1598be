package cli

import (
	"errors"
	"strings"

	"moonlark/engine/clock"
	"moonlark/engine/pins/sim"
)

// pinFlags say whether scripts use the pins of the machine or simulated ones.
type pinFlags struct {
	GPIO string `name:"gpio" placeholder:"sim" help:"Simulate the pins of a device: the lines GPIO0 to GPIO27. --gpio=sim:NAME,... adds lines with these names. With --http, GET and POST /gpio show and drive them."`
}

// chip returns the simulated chip, or nil if scripts use the pins of the machine.
func (f pinFlags) chip() (*sim.Chip, error) {
	kind, names, hasNames := strings.Cut(f.GPIO, ":")
	switch {
	case f.GPIO == "":
		return nil, nil
	case kind != "sim":
		return nil, errors.New("--gpio: want sim, or sim:NAME,NAME for lines with names; without the flag, scripts use the pins of the machine")
	case !hasNames:
		return sim.New(clock.Machine{}), nil
	}
	chip := sim.New(clock.Machine{})
	for name := range strings.SplitSeq(names, ",") {
		if _, err := chip.Add(strings.TrimSpace(name)); err != nil {
			return nil, errors.New("--gpio: " + err.Error())
		}
	}
	return chip, nil
}
