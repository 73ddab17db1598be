package cli

import (
	"context"
	"fmt"

	"moonlark/engine/fleet/bundle"
	"moonlark/engine/fleet/center"
	"moonlark/engine/safetext"
)

// rolloutFlags name the devices whose rollout a command changes.
type rolloutFlags struct {
	Target        string `arg:"" help:"Group or device of the rollout, or all."`
	operatorFlags `embed:""`
}

// find connects with the hub, and returns the key of the wish for the target. The caller must call close.
func (f rolloutFlags) find(ctx context.Context, con *console) (hub center.Hub, key string, close func(), err error) {
	if hub, close, err = f.dial(ctx, con); err != nil {
		return nil, "", nil, err
	}
	if key, err = findTarget(ctx, hub, f.Target); err != nil {
		close()
		return nil, "", nil, err
	}
	return hub, key, close, nil
}

type fleetPauseCommand struct {
	rolloutFlags `embed:""`
}

// Run pauses the rollout.
func (c *fleetPauseCommand) Run(ctx context.Context, con *console) error {
	hub, key, closeHub, err := c.find(ctx, con)
	if err != nil {
		return err
	}
	defer closeHub()
	if err := center.Pause(ctx, hub, key, operator()); err != nil {
		return err
	}
	fmt.Fprintf(con.stdout, "the rollout to %[1]s is paused: moonlark fleet resume %[1]s goes on with it\n", c.Target)
	return nil
}

type fleetResumeCommand struct {
	Follow       bool `help:"Go on with the rollout, and show how it fares, until it has ended."`
	rolloutFlags `embed:""`
}

// Run ends the pause of the rollout, if there is one.
func (c *fleetResumeCommand) Run(ctx context.Context, con *console) error {
	hub, key, closeHub, err := c.find(ctx, con)
	if err != nil {
		return err
	}
	defer closeHub()
	if err := center.Resume(ctx, hub, key); err != nil {
		return err
	}
	if c.Follow {
		return followRollout(ctx, con, hub, key, c.Target)
	}
	fmt.Fprintf(con.stdout, "the rollout to %s is not paused any more\n", c.Target)
	return nil
}

type fleetStopCommand struct {
	rolloutFlags `embed:""`
}

// Run ends the rollout.
func (c *fleetStopCommand) Run(ctx context.Context, con *console) error {
	hub, key, closeHub, err := c.find(ctx, con)
	if err != nil {
		return err
	}
	defer closeHub()
	stopped, stable, err := center.Stop(ctx, hub, key, operator())
	if err != nil {
		return err
	}
	if stable == "" {
		stable = "what they ran before"
	}
	fmt.Fprintf(con.stdout, "the rollout of %s has ended: all devices of %s go back to %s\n", safetext.Line(stopped), c.Target, safetext.Line(stable))
	return nil
}

type fleetRollbackCommand struct {
	Version      int64  `name:"to" xor:"which" placeholder:"VERSION" help:"Version of the bundle. Without it and --bundle, the one before the present bundle."`
	Bundle       string `xor:"which" placeholder:"FILE" help:"File of the bundle, if the hub does not have it any more."`
	rolloutFlags `embed:""`
}

// Run makes all devices go back.
func (c *fleetRollbackCommand) Run(ctx context.Context, con *console) error {
	hub, key, closeHub, err := c.find(ctx, con)
	if err != nil {
		return err
	}
	defer closeHub()
	back, err := c.rollBack(ctx, hub, key)
	if err != nil {
		return err
	}
	for _, warning := range back.Warnings {
		fmt.Fprintf(con.stderr, "moonlark: warning: %s\n", safetext.Line(warning))
	}
	fmt.Fprintf(con.stdout, "all devices of %s go back to %s\n", c.Target, safetext.Line(back.Bundle))
	return nil
}

func (c *fleetRollbackCommand) rollBack(ctx context.Context, hub center.Hub, key string) (center.Back, error) {
	if c.Bundle == "" {
		return center.RollBack(ctx, hub, key, c.Version, operator())
	}
	b, err := bundle.Open(c.Bundle)
	if err != nil {
		return center.Back{}, err
	}
	defer b.Close()
	return center.RollBackTo(ctx, hub, key, b, operator())
}
