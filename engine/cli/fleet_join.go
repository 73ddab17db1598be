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
	"moonlark/engine/version"
)

// approvalInterval is how often a device asks whether it has been approved.
const approvalInterval = 5 * time.Second

type fleetJoinCommand struct {
	Invitation string `arg:"" help:"The invitation, which moonlark fleet invite has printed."`
	Name       string `placeholder:"NAME" help:"Name of this device. Required unless the invitation has one."`

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
	if hub, err := fleet.ReadHub(store); err == nil && c.hasCreds(store) {
		return fmt.Errorf("this device has joined a fleet already, whose hub is %s: to join another one, name another --fleet-store", hub.URL)
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

func (c *fleetJoinCommand) hasCreds(store string) bool {
	return exists(filepath.Join(store, fleet.CredsFile))
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
	for told := false; ; {
		answer, err := nats.Join(ctx, opts, text)
		if err != nil {
			return none, err
		}
		reply, err := identity.ParseReply(answer)
		if err != nil {
			return none, err
		}
		accepted, err := identity.Accept(token, request, seed, reply)
		if !errors.Is(err, identity.ErrPending) {
			return accepted, err
		}
		if !told {
			fmt.Fprintln(con.stdout, "waiting until somebody approves this device. After an interruption, the same command goes on")
			told = true
		}
		select {
		case <-time.After(approvalInterval):
		case <-ctx.Done():
			return none, err
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
