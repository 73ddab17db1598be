package cli

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"path/filepath"
	"time"

	"moonlark/engine/fleet"
	"moonlark/engine/fleet/identity"
	"moonlark/engine/fleet/nats"
	"moonlark/engine/safetext"
	"moonlark/engine/version"
)

// approvalInterval is how often a device asks whether it has been approved.
const approvalInterval = 5 * time.Second

type fleetJoinCommand struct {
	Invitation string `arg:"" help:"The invitation, which moonlark fleet invite has printed."`
	Name       string `placeholder:"NAME" help:"Name of this device. Required unless the invitation has one."`
	Again      bool   `help:"Join the fleet of this device again, with a new key, after the device was revoked."`

	fleetStoreFlag `embed:""`
}

// Run makes this device a member of a fleet.
func (c *fleetJoinCommand) Run(ctx context.Context, con *console) error {
	token, err := identity.ParseToken(c.Invitation)
	if err != nil {
		return &usageError{err}
	}
	store, err := c.folder()
	if err != nil {
		return err
	}
	if err := c.checkStore(store, token.Fleet); err != nil {
		return err
	}
	path, err := fleet.KeyPath(store)
	if err != nil {
		return err
	}
	accepted, err := c.ask(ctx, con, token, path)
	if err != nil {
		return err
	}
	err = fleet.Enroll(store, fleet.Enrollment{
		Creds: accepted.Creds, Name: accepted.Name, Groups: accepted.Groups, Keys: accepted.Keys,
		Hub: fleet.HubAddress{URL: token.Hub, CA: token.CA},
	})
	if err != nil {
		return err
	}
	fmt.Fprintf(con.stdout, "this device is %s of the fleet %s\n", accepted.Name, token.Fleet)
	fmt.Fprintf(con.stdout, "next: moonlark run --fleet %s%s SCRIPT\n", token.Hub, c.asFlag())
	return nil
}

// checkStore returns an error if the device has joined a fleet already, unless it may join this fleet again.
func (c *fleetJoinCommand) checkStore(store, name string) error {
	path := filepath.Join(store, fleet.CredsFile)
	if !exists(path) {
		return nil
	}
	old, err := identity.ReadCreds(path)
	switch {
	case err != nil && c.Again:
		return nil // the new credentials replace the damaged ones
	case err != nil:
		return fmt.Errorf("%w: --again replaces them", err)
	case old.Fleet != name:
		return fmt.Errorf("this device has joined the fleet %s already: to join another one, name another --fleet-store", old.Fleet)
	case !c.Again:
		return fmt.Errorf("this device is %s of the fleet %s already: --again replaces its credentials, after it was revoked", old.Name, old.Fleet)
	}
	return nil
}

// ask asks the centre of the fleet until it has decided. The file at key has the key of this device; ask makes it if
// there is none.
func (c *fleetJoinCommand) ask(ctx context.Context, con *console, token identity.Token, key string) (identity.Accepted, error) {
	var none identity.Accepted
	seed, public, err := identity.LoadKey(key)
	if err != nil {
		return none, err
	}
	request, err := token.Request(public, c.Name, version.Version())
	if err != nil {
		return none, &usageError{err}
	}
	text, err := json.Marshal(request)
	if err != nil {
		return none, err
	}
	opts := nats.JoinOptions{URL: token.Hub, Token: token.JWT, Log: slog.New(slog.DiscardHandler)}
	if opts.Pin, err = pin(token.CA); err != nil {
		return none, err
	}
	var problem string // the last network error that was printed
	for waits := false; ; {
		answer, err := nats.Join(ctx, opts, text)
		switch {
		case err != nil && (!waits || ctx.Err() != nil):
			return none, err
		case err != nil:
			if problem != err.Error() {
				problem = err.Error()
				fmt.Fprintf(con.stderr, "moonlark: warning: %s: still waiting\n", safetext.Line(problem))
			}
		default:
			problem = ""
			reply, err := identity.ParseReply(answer)
			if err != nil {
				return none, err
			}
			accepted, err := identity.Accept(token, request, seed, reply)
			if !errors.Is(err, identity.ErrPending) {
				return accepted, err
			}
			if !waits {
				fmt.Fprintln(con.stdout, "waiting until somebody approves this device. After an interruption, the same command goes on")
				waits = true
			}
		}
		select {
		case <-time.After(approvalInterval):
		case <-ctx.Done():
			return none, ctx.Err()
		}
	}
}

// pin returns the SHA-256 of a certificate from its hexadecimal form; nil for an empty text.
func pin(text string) (*[sha256.Size]byte, error) {
	if text == "" {
		return nil, nil
	}
	sum, err := hex.DecodeString(text)
	if err != nil || len(sum) != sha256.Size {
		return nil, fmt.Errorf("%.80q is not the SHA-256 of a certificate", text)
	}
	return (*[sha256.Size]byte)(sum), nil
}
