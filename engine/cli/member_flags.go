package cli

import (
	"fmt"

	"moonlark/engine/bus"
	"moonlark/engine/fleet/nats"
)

// memberFlags say how to connect with the hub of a fleet.
type memberFlags struct {
	Fleet      string `required:"" placeholder:"URL" help:"Address of the hub of the fleet, such as tls://hub.example.com:4222; several are separated by commas."`
	FleetCreds string `required:"" placeholder:"FILE" help:"File with the credentials of this machine in the fleet."`
	FleetCA    string `name:"fleet-ca" placeholder:"FILE" help:"Certificate of the authority of the hub, in PEM form. The default is the authorities of the system."`
}

// connection returns the options of a connection, which logs to events.
func (f memberFlags) connection(events *bus.Bus) (nats.Options, error) {
	o := nats.Options{URL: f.Fleet, Log: events.Logger("")}
	var err error
	if o.Creds, err = readHubFile(f.FleetCreds); err != nil {
		return o, fmt.Errorf("--fleet-creds: %w", err)
	}
	if f.FleetCA == "" {
		return o, nil
	}
	if o.RootCAs, err = readCA(f.FleetCA); err != nil {
		return o, fmt.Errorf("--fleet-ca: %w", err)
	}
	return o, nil
}
