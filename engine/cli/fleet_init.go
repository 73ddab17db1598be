package cli

import (
	"errors"
	"fmt"
	"io/fs"
	"os"

	"moonlark/engine/fleet/bundle"
	"moonlark/engine/fleet/identity"
)

type fleetInitCommand struct {
	Name     string   `arg:"" help:"Name of the fleet, such as shop."`
	FleetDir string   `default:"fleet" placeholder:"FOLDER" help:"Folder to make (${default})."`
	Trust    []string `required:"" sep:"none" placeholder:"FILE" help:"Public key whose bundles the devices trust: see moonlark bundle keygen. Repeat the flag for more keys."`

	Threshold int `default:"1" help:"How many of the trusted keys must have signed a bundle (${default})."`
}

// Run makes the folder with the keys of a new fleet.
func (c *fleetInitCommand) Run(con *console) error {
	keys, err := keySet(c.Name, 1, c.Threshold, c.Trust)
	if err != nil {
		return &usageError{err}
	}
	text, err := keys.Encode()
	if err != nil {
		return &usageError{err}
	}
	folder, err := identity.Init(c.FleetDir, c.Name)
	if err != nil {
		return err
	}
	if err := folder.AddKeySet(text, nil); err != nil {
		return err
	}
	fmt.Fprintf(con.stdout, "%s has the keys of the fleet %s: whoever can read it can let devices in and command them\n", c.FleetDir, c.Name)
	fmt.Fprintf(con.stdout, "next: moonlark fleet serve --fleet-dir %s\n", c.FleetDir)
	return nil
}

// keySet returns a set of keys for bundles, from files of public keys.
func keySet(fleet string, number int64, threshold int, files []string) (*bundle.KeySet, error) {
	s := &bundle.KeySet{Format: bundle.KeysFormat, Fleet: fleet, Number: number, Threshold: threshold}
	for _, file := range files {
		key, err := bundle.ReadPublicKey(file)
		if err != nil {
			return nil, err
		}
		s.Keys = append(s.Keys, key.String())
	}
	_, err := s.Trusted()
	return s, err
}

type fleetCredentialsCommand struct {
	fleetFolderFlag `embed:""`
	Role            string   `arg:"" enum:"worker,host,operator,device" help:"What the credentials allow: worker, host, operator or device."`
	Name            string   `arg:"" help:"Name of the machine or the person."`
	Group           []string `placeholder:"NAME" help:"Group that a device belongs to. Repeat the flag for more groups, the most important one first."`
	Out             string   `short:"o" required:"" placeholder:"FILE" help:"File to write. Whoever has it has the role."`
}

// Run makes credentials for a machine that is not invited.
func (c *fleetCredentialsCommand) Run(con *console) error {
	if len(c.Group) > 0 && c.Role != string(identity.Device) {
		return &usageError{errors.New("--group: only devices have groups")}
	}
	folder, err := c.open()
	if err != nil {
		return err
	}
	// The file comes first: with a path that cannot be written, nobody has the name.
	if err := writeNew(c.Out, nil, 0o600); errors.Is(err, fs.ErrExist) {
		return fmt.Errorf("%s is there already: credentials are not replaced", c.Out)
	} else if err != nil {
		return err
	}
	text, err := folder.Credentials(identity.Role(c.Role), c.Name, c.Group)
	if err == nil {
		err = os.WriteFile(c.Out, text, 0o600)
	}
	if err != nil {
		os.Remove(c.Out)
		return err
	}
	fmt.Fprintf(con.stdout, "%s has the credentials of the %s %s\n", c.Out, c.Role, c.Name)
	return nil
}

type fleetConfigCommand struct {
	fleetFolderFlag `embed:""`
}

// Run prints the account of the fleet for the configuration file of a NATS server.
func (c *fleetConfigCommand) Run(con *console) error {
	folder, err := c.open()
	if err != nil {
		return err
	}
	return folder.Config(con.stdout)
}
