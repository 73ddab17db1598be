package cli

import (
	"errors"
	"fmt"

	"moonlark/engine/fleet"
	"moonlark/engine/fleet/bundle"
	"moonlark/engine/version"
)

type bundleInstallCommand struct {
	Bundle string `arg:"" help:"The bundle."`

	FleetStore string   `required:"" placeholder:"FOLDER" help:"Folder of the bundles of this device: that of moonlark run --fleet-store."`
	Trust      []string `sep:"none" placeholder:"FILE" help:"Public key that this device trusts from now on; needed for its first bundle. Repeat the flag for more keys: a signature by one of them is enough."`
	Device     string   `placeholder:"NAME" help:"Name of this device, for bundles that are for certain devices only. The device remembers it."`
	Group      []string `placeholder:"NAME" help:"Group that this device belongs to. Repeat the flag for more groups. The device remembers them."`
	Channel    string   `placeholder:"NAME" help:"Channel whose bundles this device takes, such as beta. The device remembers it."`
	Again      bool     `help:"Install the bundle although it has failed on this device before."`
}

// Run puts the bundle into the store.
func (c *bundleInstallCommand) Run(con *console) error {
	o := fleet.Installation{
		Store: c.FleetStore, Again: c.Again, Moonlark: version.Version(),
		Identity: fleet.Identity{Name: c.Device, Groups: c.Group, Channel: c.Channel},
	}
	if err := o.Identity.Check(); err != nil {
		return &usageError{err}
	}
	for _, path := range c.Trust {
		key, err := bundle.ReadPublicKey(path)
		if err != nil {
			return &usageError{err}
		}
		o.Trust = append(o.Trust, key)
	}
	done, err := fleet.Install(c.Bundle, o)
	var refusal *bundle.Refusal
	switch {
	case errors.As(err, &refusal):
		return fmt.Errorf("%s is refused: %w", c.Bundle, err)
	case err != nil:
		return err
	case done.Already:
		fmt.Fprintf(con.stdout, "bundle %s runs already\n", done.Name)
	case done.Running:
		fmt.Fprintf(con.stdout, "installed bundle %s: the running moonlark switches to it\n", done.Name)
	default:
		fmt.Fprintf(con.stdout, "installed bundle %s: the next start of moonlark runs it\n", done.Name)
	}
	return nil
}
