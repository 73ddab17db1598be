package cli

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	"moonlark/engine/fleet/host"
	"moonlark/engine/fleet/nats"
	"moonlark/engine/safetext"
)

// askTimeout is how long a host may take to answer a request.
const askTimeout = 10 * time.Second

type fleetHostCommand struct {
	Start fleetHostStartCommand `cmd:"" help:"Start a conversation on one of the hosts of a fleet."`
	Say   fleetHostSayCommand   `cmd:"" help:"Send a message to a conversation of a host, as its user."`
	List  fleetHostListCommand  `cmd:"" help:"List the hosts of a fleet and their conversations."`
}

type fleetHostStartCommand struct {
	ID      string `arg:"" help:"Name of the conversation, different from all others: a-z, 0-9 and -."`
	Message string `placeholder:"TEXT" help:"What the user says first."`

	agentFlags    `embed:""`
	operatorFlags `embed:""`
}

// Run starts a conversation, and prints the name of its host.
func (c *fleetHostStartCommand) Run(ctx context.Context, con *console) error {
	request := host.Request{ID: c.ID, Message: c.Message}
	settings, err := c.agentFlags.settings()
	if err == nil {
		err = request.SetSettings(settings)
	}
	if err != nil {
		return &usageError{err}
	}
	return withCaller(ctx, c.operatorFlags, func(ctx context.Context, caller *nats.Host) error {
		name, err := host.Start(ctx, caller, request)
		if err == nil {
			fmt.Fprintf(con.stdout, "%s is on %s\n", c.ID, safetext.Line(name))
		}
		return err
	})
}

type fleetHostSayCommand struct {
	ID   string   `arg:"" help:"Name of the conversation."`
	Text []string `arg:"" help:"The message."`

	operatorFlags `embed:""`
}

// Run sends a message to a conversation.
func (c *fleetHostSayCommand) Run(ctx context.Context, con *console) error {
	return withCaller(ctx, c.operatorFlags, func(ctx context.Context, caller *nats.Host) error {
		_, err := host.Say(ctx, caller, c.ID, strings.Join(c.Text, " "))
		return err
	})
}

type fleetHostListCommand struct {
	operatorFlags `embed:""`
}

// Run prints the hosts and the conversations.
func (c *fleetHostListCommand) Run(ctx context.Context, con *console) error {
	return withCaller(ctx, c.operatorFlags, func(ctx context.Context, caller *nats.Host) error {
		list, err := host.ReadList(ctx, caller)
		if err != nil {
			return err
		}
		for _, h := range list.Hosts {
			draining := ""
			if h.Draining {
				draining = ", draining"
			}
			fmt.Fprintf(con.stdout, "host %s: %d of %d conversations%s, %s\n", safetext.Line(h.Host), h.Conversations, h.Slots, draining, safetext.Line(h.Moonlark))
		}
		for _, p := range list.Conversations {
			fmt.Fprintf(con.stdout, "conversation %s on %s\n", safetext.Line(p.ID), safetext.Line(p.Host))
		}
		return nil
	})
}

// withCaller calls do with a connection of an operator. The context that do gets ends after askTimeout.
func withCaller(ctx context.Context, f operatorFlags, do func(context.Context, *nats.Host) error) error {
	address, err := f.address()
	if err != nil {
		return &usageError{err}
	}
	creds, err := readHubFile(address.creds)
	if err != nil {
		return err
	}
	caller, err := nats.DialHost(nats.Options{URL: address.url, Creds: creds, RootCAs: address.roots})
	if err != nil {
		return &usageError{err}
	}
	defer caller.Close()
	ctx, cancel := context.WithTimeoutCause(ctx, askTimeout, fmt.Errorf("no answer within %v", askTimeout))
	defer cancel()
	if err := caller.Await(ctx); err != nil {
		return err
	}
	if err := do(ctx, caller); err != nil {
		if errors.Is(err, context.DeadlineExceeded) {
			err = context.Cause(ctx)
		}
		return err
	}
	return nil
}
