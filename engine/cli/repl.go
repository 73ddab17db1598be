package cli

import (
	"context"
	"errors"
	"io"
	"os"
	"strings"
	"time"

	"golang.org/x/term"

	"moonlark/engine"
	"moonlark/engine/bus"
	"moonlark/engine/face/terminal"
	"moonlark/engine/script"
)

type replCommand struct {
	Script          string `arg:"" help:"Lua file."`
	NoWatch         bool   `help:"Do not reload the script when it is saved."`
	permissionFlags `embed:""`
	pinFlags        `embed:""`
	limitFlags      `embed:""`
	logFlags        `embed:""`
}

// Run evaluates the Lua code that a person types, in the script. Without a terminal, it evaluates the
// lines of stdin and prints their values on stdout.
func (c *replCommand) Run(ctx context.Context, con *console) error {
	opts := engine.Options{Scripts: []string{c.Script}, Watch: !c.NoWatch}
	var err error
	if opts.Permissions, err = c.permissionFlags.settings(); err != nil {
		return &usageError{err}
	}
	if opts.Pins, err = c.pinFlags.chip(); err != nil {
		return &usageError{err}
	}
	defer c.limitFlags.apply(&opts)()
	ctx, cancel := con.stdout.untilFailed(ctx)
	defer cancel()

	var session *engine.Session
	show := c.logFlags.terminal(con)
	show.Prompt = term.IsTerminal(int(os.Stdin.Fd()))
	show.Complete = func(text string) (int, []string) { return session.Complete(text) }
	screen := terminal.New(show)
	defer screen.Close()
	con.onExit(exitOK, screen.RestoreMode)
	opts.Bus = new(bus.Bus)
	shown := opts.Bus.Subscribe(nil, screen.Show)
	defer shown.Close(stopTimeout)
	endServers, err := c.mcpServersFlag.addTo(&opts)
	if err != nil {
		return err
	}
	defer endServers()
	if session, err = engine.OpenSession(ctx, opts); err != nil {
		return err
	}
	defer session.Close()
	return evaluateLines(ctx, session, screen, shown)
}

// continuing is the hint of the prompt while the code is not complete.
const continuing = "more lines of the code; a single . gives it up"

// evaluateLines evaluates the lines that screen reads until there are no more.
func evaluateLines(ctx context.Context, session *engine.Session, screen *terminal.Terminal, shown *bus.Subscription) error {
	var code strings.Builder // lines that are not complete code yet
	for {
		line, err := screen.ReadLine(ctx)
		switch {
		case errors.Is(err, io.EOF):
			if code.Len() > 0 {
				evaluate(ctx, session, screen, shown, code.String())
			}
			return nil
		case errors.Is(err, terminal.ErrInterrupted), ctx.Err() != nil:
			return nil
		case err != nil:
			return err
		}
		if code.Len() > 0 && strings.TrimSpace(line) == "." {
			code.Reset()
			screen.Hint("")
			continue
		}
		if name, ok := strings.CutPrefix(strings.TrimSpace(line), "?"); ok && code.Len() == 0 {
			explain(screen, strings.TrimSpace(name))
			continue
		}
		code.WriteString(line + "\n")
		if script.IsIncomplete(code.String()) {
			screen.Hint(continuing)
			continue
		}
		screen.Hint("")
		evaluate(ctx, session, screen, shown, code.String())
		code.Reset()
	}
}

// explain shows what the manual says about a name.
func explain(screen *terminal.Terminal, name string) {
	text, err := describe(name)
	if err != nil {
		screen.Show(bus.Event{Type: bus.Error, Time: time.Now(), Text: err.Error()})
		return
	}
	screen.Print(strings.TrimSuffix(text, "\n"))
}

// evaluate evaluates code and shows its values or its error. Ctrl-C ends the code.
func evaluate(ctx context.Context, session *engine.Session, screen *terminal.Terminal, shown *bus.Subscription, code string) {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	go func() {
		select {
		case <-screen.Interrupted():
			cancel()
		case <-ctx.Done():
		}
	}()
	values, err := session.Eval(ctx, code)
	shown.Flush(stopTimeout) // what the code has printed comes before its values
	switch {
	case err != nil:
		screen.Show(bus.Event{Type: bus.Error, Time: time.Now(), Text: err.Error()})
	case len(values) > 0:
		screen.Print(strings.Join(values, ", "))
	}
}
