package cli

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"time"

	"golang.org/x/term"

	"moonlark/engine/fleet/center"
	"moonlark/engine/guess"
	"moonlark/engine/safetext"
)

// watchInterval is how often fleet status --watch shows the status.
const watchInterval = 5 * time.Second

type fleetStatusCommand struct {
	Name          string `arg:"" optional:"" help:"A device. Without it, all devices."`
	JSON          bool   `help:"Print one JSON object."`
	Watch         bool   `help:"Show the status every 5 seconds, until Ctrl-C. This also finds devices that run twice."`
	operatorFlags `embed:""`
}

// Run shows the status.
func (c *fleetStatusCommand) Run(ctx context.Context, con *console) error {
	hub, closeHub, err := c.dial(ctx, con)
	if err != nil {
		return err
	}
	defer closeHub()
	if !c.Watch {
		f, err := center.Look(ctx, hub)
		if err != nil {
			return err
		}
		return c.show(con.stdout, center.StatusOf(f, nil))
	}
	until, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	clear := term.IsTerminal(int(con.stdout.Fd())) && !c.JSON
	err = center.Watch(until, hub, watchInterval, func(s center.Status) {
		if clear {
			io.WriteString(con.stdout, "\x1b[H\x1b[2J")
		}
		if err := c.show(con.stdout, s); err != nil {
			cancel(err)
		} else if err := con.stdout.firstError(); err != nil {
			cancel(nil) // finish prints the error
		}
	})
	switch cause := context.Cause(until); {
	case ctx.Err() != nil || cause == context.Canceled: // by the user, or because of stdout
		return nil
	case cause != nil:
		return cause
	}
	return err
}

// show prints the status of the fleet, or of the device.
func (c *fleetStatusCommand) show(w io.Writer, s center.Status) error {
	if c.Name == "" {
		if c.JSON {
			return writeJSONLine(w, s)
		}
		_, err := io.WriteString(w, s.Text())
		return err
	}
	d, ok := s.Device(c.Name)
	if !ok {
		return unknownDevice(c.Name, s)
	}
	if c.JSON {
		return writeJSONLine(w, d)
	}
	_, err := io.WriteString(w, d.Text(s.Time))
	return err
}

// writeJSONLine writes a value that has texts of devices as one line of JSON.
func writeJSONLine(w io.Writer, value any) error {
	line, err := json.Marshal(value)
	if err != nil {
		return err
	}
	_, err = fmt.Fprintln(w, safetext.JSON(line))
	return err
}

// unknownDevice returns the error for a device that the hub has not heard of.
func unknownDevice(name string, s center.Status) error {
	var names []string
	for _, d := range s.Devices {
		names = append(names, d.Device)
	}
	return fmt.Errorf("no device called %.80q has been heard of%s", name, guess.DidYouMean(name, names))
}
