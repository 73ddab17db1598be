package control

import (
	"context"
	"encoding/json"

	"moonlark/engine/agentsettings"
	"moonlark/engine/health"
	"moonlark/engine/pins/sim"
)

// An Agent is the running agent that a Control shows and drives. Outside tests it is a
// *remote.Remote. Any goroutine may call the methods. Two of them wait: Silent waits until all
// scripts have responded or ctx ends, and Reload waits until the reload has ended.
type Agent interface {
	Health() health.Report
	// Silent returns the scripts that did not respond before ctx ended.
	Silent(ctx context.Context) (scripts []string)

	Start(s agentsettings.Settings, preroll bool) error
	Stop() error
	Say(text string) error
	Context(text, id string) error
	Raise(event string, data json.RawMessage) error
	Reload()

	// Pins returns the states of the simulated pins, and SetPin sets the value of one that is an input.
	Pins() ([]sim.State, error)
	SetPin(line string, value bool) error
}
