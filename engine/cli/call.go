package cli

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"

	"moonlark/engine"
	"moonlark/engine/filewatch"
	"moonlark/engine/script"
	"moonlark/engine/tool"
)

type callCommand struct {
	Script          string   `arg:"" help:"Lua file."`
	Tool            string   `arg:"" help:"Name of the tool."`
	Args            []string `arg:"" optional:"" name:"argument" help:"Arguments of the tool: a JSON object, NAME=VALUE, @FILE with JSON, or - for JSON on stdin."`
	Watch           bool     `help:"Call the tool again each time that a file of the script is saved."`
	permissionFlags `embed:""`
	pinFlags        `embed:""`
	limitFlags      `embed:""`
	logFlags        `embed:""`
}

// Run runs one tool and prints its result on stdout. Everything else is printed on stderr.
func (c *callCommand) Run(ctx context.Context, con *console) error {
	args, err := parseCallArguments(c.Args, os.Stdin)
	if err != nil {
		return &usageError{err}
	}
	opts := engine.Options{Scripts: []string{c.Script}}
	if opts.Permissions, err = c.permissionFlags.settings(); err != nil {
		return &usageError{err}
	}
	if opts.Pins, err = c.pinFlags.chip(); err != nil {
		return &usageError{err}
	}
	makeArgs := func(spec *tool.Spec) (json.RawMessage, error) {
		text, err := args.object(spec)
		if err != nil {
			err = &usageError{err}
		}
		return text, err
	}
	defer c.limitFlags.apply(&opts)()
	if c.Watch {
		c.watch(ctx, con, opts, makeArgs)
		return nil
	}
	_, err = c.call(ctx, con, opts, makeArgs)
	return err
}

// call calls the tool and prints its result on stdout. It returns the files that the script depends
// on, and the error with which the tool has failed.
func (c *callCommand) call(ctx context.Context, con *console, opts engine.Options, makeArgs func(*tool.Spec) (json.RawMessage, error)) ([]script.File, error) {
	events, end := c.logFlags.showOnStderr(con)
	opts.Bus = events
	endServers, err := c.mcpServersFlag.addTo(&opts)
	if err != nil {
		end()
		return nil, err
	}
	result, files, err := engine.CallWith(ctx, opts, c.Tool, makeArgs)
	endServers()
	end() // what the script printed comes before the result
	switch {
	case err != nil:
		return files, err
	case result.IsError:
		return files, errors.New(result.Text)
	}
	fmt.Fprintln(con.stdout, result.Text)
	return files, nil
}

// watch calls the tool now and after each save, until ctx is done or nobody reads stdout.
func (c *callCommand) watch(ctx context.Context, con *console, opts engine.Options, makeArgs func(*tool.Spec) (json.RawMessage, error)) {
	ctx, cancel := con.stdout.untilFailed(ctx)
	defer cancel()
	con.onExit(exitOK, func() {})
	var files []script.File // of the latest call
	call := func() {
		var err error
		if files, err = c.call(ctx, con, opts, makeArgs); ctx.Err() == nil {
			report(con.stderr, err)
		}
	}
	call()
	w := filewatch.New(opts.Scripts, func(string) []script.File { return files }, func(string) { call() }, func(text string) {
		fmt.Fprintf(con.stderr, "moonlark: %s\n", text)
	})
	defer w.Close()
	<-ctx.Done()
}
