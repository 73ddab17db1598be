package cli

import (
	"errors"

	"moonlark/engine/bus"
	"moonlark/engine/fleet"
	"moonlark/engine/version"
)

// errNoScript is the error of a command that needs a script.
var errNoScript = errors.New(`expected "<script> ..."`)

// fleetFlags say where the bundles of scripts are.
type fleetFlags struct {
	FleetStore string `placeholder:"FOLDER" help:"Run the bundle of scripts that moonlark bundle install has put into this folder. Without one, the named scripts run."`
}

// open opens the store, or returns nil without --fleet-store. factory are the scripts that run while there
// is no bundle. The caller must close the Device.
func (f fleetFlags) open(factory []string, events *bus.Bus) (*fleet.Device, error) {
	if f.FleetStore == "" {
		return nil, nil
	}
	return fleet.Open(fleet.Options{Store: f.FleetStore, Factory: factory, Bus: events, Moonlark: version.Version()})
}
