package cli

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"io"
	"log/slog"
	"maps"
	"slices"
	"sync"
	"time"

	"moonlark/engine/bus"
	"moonlark/engine/face/terminal"
	"moonlark/engine/fleet/center"
	"moonlark/engine/fleet/message"
)

// eventFlags say which events of devices a command prints.
type eventFlags struct {
	Name          string        `arg:"" optional:"" help:"A device. Without it, all devices."`
	Follow        bool          `short:"f" help:"Go on with what happens from now on, until Ctrl-C."`
	Since         time.Duration `default:"1h" placeholder:"TIME" help:"How far to go back (${default})."`
	JSON          bool          `help:"Print one JSON object per line."`
	operatorFlags `embed:""`
}

type fleetLogsCommand struct {
	eventFlags `embed:""`
}

// Run prints what the devices have logged, and what has happened on them.
func (c *fleetLogsCommand) Run(ctx context.Context, con *console) error {
	return c.print(ctx, con, message.LogKind, message.EventKind)
}

type fleetCallsCommand struct {
	eventFlags `embed:""`
}

// Run prints the tool calls.
func (c *fleetCallsCommand) Run(ctx context.Context, con *console) error {
	return c.print(ctx, con, message.CallKind)
}

// print prints the events of these kinds.
func (f eventFlags) print(ctx context.Context, con *console, kinds ...message.Kind) error {
	hub, closeHub, err := f.dial(ctx, con)
	if err != nil {
		return err
	}
	defer closeHub()
	fleet, err := center.Look(ctx, hub)
	if err != nil {
		return err
	}
	if s := center.StatusOf(fleet, nil); f.Name != "" {
		if _, ok := s.Device(f.Name); !ok {
			return unknownDevice(f.Name, s)
		}
	}
	l := center.Logs{Device: f.Name, Kinds: kinds, Since: fleet.Now.Add(-f.Since), Follow: f.Follow}
	if !f.JSON {
		d := describers{each: make(map[string]*describer)}
		l.Describe = d.describe
		err := l.Print(ctx, hub, con.stdout)
		return errors.Join(err, d.close(con.stdout))
	}
	return l.Print(ctx, hub, con.stdout)
}

// describers describe the events of devices as the terminal of each of them would show them. They belong to
// one goroutine.
type describers struct{ each map[string]*describer }

// A describer describes the events of a device.
type describer struct {
	screen *terminal.Terminal
	out    lockedBuffer
	last   message.Event // the last event
}

// A lockedBuffer is a buffer that any goroutine can use, because a Terminal writes some lines later.
type lockedBuffer struct {
	mu   sync.Mutex
	text bytes.Buffer
}

func (b *lockedBuffer) Write(p []byte) (int, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.text.Write(p)
}

// take returns the text, and empties the buffer.
func (b *lockedBuffer) take() string {
	b.mu.Lock()
	defer b.mu.Unlock()
	text := b.text.String()
	b.text.Reset()
	return text
}

// describe returns an event in lines; "" if the terminal does not show it.
func (d *describers) describe(m message.Event) string {
	var e bus.Event
	if err := json.Unmarshal(m.Event, &e); err != nil || bus.Of(e.Type) == nil {
		return string(m.Event) // of a newer version of the program
	}
	one := d.each[m.Device]
	if one == nil {
		one = new(describer)
		one.screen = terminal.New(terminal.Options{Stdout: &one.out, Stderr: &one.out, Level: slog.LevelDebug, Env: func(string) string { return "" }})
		d.each[m.Device] = one
	}
	one.last = m
	one.screen.Show(e)
	return one.out.take()
}

// close closes the terminals, and prints the lines that they have kept until then.
func (d *describers) close(w io.Writer) (err error) {
	for _, device := range slices.Sorted(maps.Keys(d.each)) {
		one := d.each[device]
		one.screen.Close()
		err = errors.Join(err, center.WriteLines(w, one.last, one.out.take()))
	}
	return err
}
