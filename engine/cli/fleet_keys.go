package cli

import (
	"context"
	"errors"
	"fmt"
	"io"
	"time"

	"moonlark/engine/fleet/bundle"
	"moonlark/engine/fleet/identity"
)

type fleetKeysCommand struct {
	List   fleetKeysListCommand   `cmd:"" default:"1" help:"List the sets of keys that sign the bundles of the fleet."`
	Change fleetKeysChangeCommand `cmd:"" help:"Make the next set of keys. Keys of the old set and of the new one must sign it."`
}

type fleetKeysListCommand struct {
	fleetFolderFlag `embed:""`
}

// Run lists the sets of keys.
func (c *fleetKeysListCommand) Run(con *console) error {
	folder, err := c.open()
	if err != nil {
		return err
	}
	sets, err := folder.KeySets()
	if err != nil {
		return err
	}
	for _, s := range sets {
		set, err := bundle.ParseKeySet(s.Text)
		if err != nil {
			return err
		}
		fmt.Fprintf(con.stdout, "keys %d, of which %d must sign:\n", set.Number, set.Threshold)
		for _, text := range set.Keys {
			key, err := bundle.ParsePublicKey(text)
			if err != nil {
				return err
			}
			fmt.Fprintf(con.stdout, "  %s  %s\n", bundle.KeyID(key.ID()), text)
		}
	}
	return nil
}

type fleetKeysChangeCommand struct {
	fleetFolderFlag `embed:""`
	Trust           []string `required:"" sep:"none" placeholder:"FILE" help:"Public key of the new set. Repeat the flag for more keys. Keys that are not named are not trusted any more."`
	Threshold       int      `default:"1" help:"How many keys of the new set must have signed a bundle (${default})."`
	Key             []string `sep:"none" placeholder:"FILE" help:"Secret key to sign with. Repeat the flag: enough keys of the old set and of the new set must sign."`
	Signature       []string `sep:"none" placeholder:"FILE" help:"Signature that minisign has made of the text of --text. Repeat the flag for more."`
	Text            string   `placeholder:"FILE" help:"Do not change the keys, but write the text to sign into this file, for minisign on another machine."`
}

// Run adds the next set of keys to the folder of the fleet, or writes the text to sign.
func (c *fleetKeysChangeCommand) Run(ctx context.Context, con *console) error {
	if c.Text != "" && len(c.Key)+len(c.Signature) > 0 {
		return &usageError{errors.New("--text changes no keys: leave out --key and --signature")}
	}
	folder, err := c.open()
	if err != nil {
		return err
	}
	text, number, err := c.next(folder)
	if err != nil {
		return err
	}
	if c.Text != "" {
		return replaceFile(c.Text, func(w io.Writer) error { _, err := w.Write(text); return err })
	}
	if len(c.Key)+len(c.Signature) == 0 {
		return &usageError{errors.New("add --key or --signature, so that devices believe the new set")}
	}
	var signatures []bundle.Signature
	for _, file := range c.Key {
		key, err := bundle.ReadPrivateKey(file, func() (string, error) { return readPassword(ctx, con, "Password of "+file+": ") })
		if err != nil {
			return err
		}
		s, err := bundle.Sign(key, text, fmt.Sprintf("keys %d", number), time.Now())
		if err != nil {
			return err
		}
		signatures = append(signatures, s)
	}
	for _, file := range c.Signature {
		s, err := bundle.ReadSignature(file)
		if err != nil {
			return err
		}
		signatures = append(signatures, s)
	}
	if err := folder.AddKeySet(text, bundle.EncodeSignatures(signatures)); err != nil {
		return err
	}
	fmt.Fprintf(con.stdout, "the fleet has keys %d: moonlark fleet serve tells the devices\n", number)
	return nil
}

// next returns the text of the next set of keys, and its number.
func (c *fleetKeysChangeCommand) next(folder *identity.Folder) (text []byte, number int64, err error) {
	sets, err := folder.KeySets()
	if err != nil {
		return nil, 0, err
	}
	number = int64(len(sets)) + 1
	set, err := keySet(folder.Fleet(), number, c.Threshold, c.Trust)
	if err != nil {
		return nil, 0, &usageError{err}
	}
	text, err = set.Encode()
	return text, number, err
}
