package cli

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"time"

	"moonlark/engine"
	"moonlark/engine/bus"
	"moonlark/engine/fleet/host"
	"moonlark/engine/fleet/nats"
	"moonlark/engine/script/vm"
	"moonlark/engine/version"
)

const (
	maxSlots = 10_000
	// endTimeout is how long the conversations may take to end after --drain, in addition to exitTimeout.
	endTimeout = 5 * time.Second
)

type hostCommand struct {
	Scripts []string `arg:"" name:"script" help:"Lua files. Each conversation loads them anew."`

	memberFlags `embed:""`

	Slots     int           `default:"200" placeholder:"N" help:"Hold at most this many conversations at a time (${default}), and leave the others to other hosts."`
	Starting  int           `default:"4" placeholder:"N" help:"Let at most this many conversations start at the same time (${default}); others wait."`
	Drain     time.Duration `default:"10m" placeholder:"TIME" help:"After a signal, let the running conversations go on for so long (${default}); then other hosts take them over."`
	Idle      time.Duration `default:"15m" placeholder:"TIME" help:"End a conversation when nobody has said anything for so long (${default}). 0s: never."`
	MaxLength time.Duration `name:"max-length" placeholder:"TIME" help:"End a conversation that has lasted so long."`

	targetFlags     `embed:""`
	connectionFlags `embed:""`
	agentFlags      `embed:""`
	llmFlags        `embed:""`
	limitFlags      `embed:""`
	logFlags        `embed:""`
	permissionFlags `embed:""`
}

// Run holds conversations until a signal arrives, and then drains.
func (c *hostCommand) Run(ctx context.Context, con *console) error {
	opts, err := c.options()
	if err != nil {
		return &usageError{err}
	}
	con.onExit(exitOK, nil)
	con.allowToEnd(c.Drain + endTimeout + exitTimeout)
	events, endShow := c.logFlags.showOnStderr(con)
	defer endShow()
	defer showStandardLog(events)()
	opts.Bus = events
	endServers, err := c.mcpServersFlag.addTo(&opts)
	if err != nil {
		return err
	}
	defer endServers()
	defer c.limitFlags.apply(&opts)()
	keepHeapFloor()
	opts.Slots = vm.NewSlots(0)
	if _, err := engine.Check(ctx, opts); err != nil {
		return err
	}
	options, err := c.memberFlags.connection(events)
	if err != nil {
		return &usageError{err}
	}
	carrier, err := nats.DialHost(options)
	if err != nil {
		return &usageError{err}
	}
	defer carrier.Close()
	ttl, err := awaitTTL(ctx, carrier, events)
	if err != nil {
		return nil // a signal has arrived
	}
	events.Log("", slog.LevelInfo, fmt.Sprintf("the host %s has %d slots for conversations", carrier.Name(), c.Slots))
	host.New(host.Options{
		ID: carrier.Name(), Carrier: carrier, Engine: &hostedEngine{opts: opts, events: events},
		Slots: c.Slots, Starts: c.Starting, TTL: ttl, Drain: c.Drain,
		Moonlark: version.Version(), Log: events.Logger(""),
	}).Run(ctx)
	return nil
}

// options returns the options of the engines that hold the conversations. It returns an error when the flags
// contain a mistake.
func (c *hostCommand) options() (opts engine.Options, err error) {
	switch {
	case c.Slots < 1 || c.Slots > maxSlots:
		return opts, fmt.Errorf("--slots %d: want 1 to %d", c.Slots, maxSlots)
	case c.Starting < 1 || c.Starting > maxSlots:
		return opts, fmt.Errorf("--starting %d: want 1 to %d", c.Starting, maxSlots)
	case c.Drain < 0 || c.Idle < 0 || c.MaxLength < 0:
		return opts, errors.New("--drain, --idle and --max-length: want 0s or more")
	case c.Realtime != "":
		return opts, errors.New("--realtime: the conversations of a host are text only")
	}
	opts = engine.Options{
		Scripts: c.Scripts, TextOnly: true, Idle: c.Idle, MaxLength: c.MaxLength, Retry: true, Reconnect: true,
	}
	if opts.Permissions, err = c.permissionFlags.settings(); err != nil {
		return opts, err
	}
	fromEnvironment := os.Getenv("ELEVENLABS_AGENT_ID")
	if c.llmFlags.isSet() {
		fromEnvironment = "" // the flag says that the agent is the embedded one
	}
	if opts.Target, err = c.targetFlags.target(fromEnvironment); err != nil {
		return opts, err
	}
	if c.llmFlags.isSet() && !opts.Target.IsLocal() {
		return opts, errors.New("--llm is for the embedded agent: leave out --agent, --url and --signed-url-from")
	}
	if err := c.llmFlags.addTo(&opts.LocalAgent); err != nil {
		return opts, err
	}
	if opts.Connection, err = c.connectionFlags.connection(os.Getenv("ELEVENLABS_API_KEY")); err != nil {
		return opts, err
	}
	opts.Agent, err = c.agentFlags.settings()
	return opts, err
}

// awaitTTL waits for a connection with the hub, and returns how long leases last there. The error is that of
// ctx.
func awaitTTL(ctx context.Context, carrier *nats.Host, events *bus.Bus) (time.Duration, error) {
	for warned := ""; ; {
		ttl, err := time.Duration(0), carrier.Await(ctx)
		if err == nil {
			ttl, err = carrier.TTL(ctx)
		}
		switch {
		case err == nil:
			return ttl, nil
		case ctx.Err() != nil:
			return 0, ctx.Err()
		case err.Error() != warned:
			warned = err.Error()
			events.Log("", slog.LevelWarn, warned)
		}
		select {
		case <-time.After(time.Second):
		case <-ctx.Done():
		}
	}
}
