package cli

import (
	"context"
	"errors"
	"log/slog"
	"os"
	"sync/atomic"
	"time"

	"golang.org/x/term"

	"moonlark/engine"
	"moonlark/engine/face/mcp"
	"moonlark/engine/remote"
	"moonlark/engine/version"
)

// unloadTimeout is how long the scripts may take to end after the client has closed stdin. Clients kill
// a server that has not ended 2 s after that, and some of this time is for the last answers.
const unloadTimeout = 1200 * time.Millisecond

type mcpCommand struct {
	Scripts []string `arg:"" optional:"" name:"script" help:"Lua files."`

	Name    string   `placeholder:"NAME" help:"Name of the server, which clients show. The name of the first script if left out."`
	Only    []string `placeholder:"TOOL,..." help:"Offer only these tools."`
	NoWatch bool     `help:"Do not reload scripts that change."`
	Bridge  string   `placeholder:"URL" help:"Offer what a running agent offers, at the URL of its /mcp, instead of scripts. For clients that cannot use HTTP, or a header with a token, which is that in $$MOONLARK_HTTP_TOKEN."`
	Config  string   `enum:",claude,claude-code,cursor,vscode" default:"" placeholder:"CLIENT" help:"Print what this client needs to start the server, and exit: claude (Claude Desktop), claude-code, cursor or vscode."`

	permissionFlags `embed:""`
	pinFlags        `embed:""`
	limitFlags      `embed:""`
	logFlags        `embed:""`
}

// Run offers the tools of the scripts on stdin and stdout until stdin ends, a signal arrives, or
// stdout cannot be written.
func (c *mcpCommand) Run(ctx context.Context, con *console) error {
	if c.Bridge != "" {
		return c.bridge(ctx, con)
	}
	if len(c.Scripts) == 0 {
		return &usageError{errors.New(`expected "<script> ..."`)}
	}
	err := checkOnly(c.Only)
	if err != nil {
		return &usageError{err}
	}
	opts := engine.Options{Scripts: c.Scripts, Watch: !c.NoWatch}
	if opts.Permissions, err = c.permissionFlags.settings(); err != nil {
		return &usageError{err}
	}
	if opts.Pins, err = c.pinFlags.chip(); err != nil {
		return &usageError{err}
	}
	if c.Config != "" {
		return c.printConfig(con, os.Args[1:])
	}
	os.Stdout = os.Stderr // only con.stdout still writes to stdout, so that clients get nothing but messages
	con.onExit(exitOK, nil)
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()

	events, end := c.logFlags.showOnStderr(con)
	defer end()
	defer showStandardLog(events)()
	opts.Bus = events
	defer c.limitFlags.apply(&opts)()
	keepHeapFloor()

	var running atomic.Pointer[remote.Remote] // nil while the scripts are loaded
	defer onSIGHUP(func() {
		if r := running.Load(); r != nil {
			r.Reload()
		}
	}, cancel)()
	return engine.RunScripts(ctx, opts, func(ctx context.Context, r *remote.Remote) error {
		server := mcp.New(r, mcp.Options{Name: c.name(), Version: version.Version(), Only: c.Only, Log: events.Logger("")})
		defer server.Watch(events).Close(stopTimeout)
		server.Refresh()
		running.Store(r)
		if term.IsTerminal(int(os.Stdin.Fd())) {
			events.Log("", slog.LevelInfo, "a program is expected at stdin, and this is a terminal; with --config CLIENT, moonlark mcp prints what a client needs to start it")
		}
		server.ServeStdio(ctx, os.Stdin, con.stdout) // an error of stdout is in con.stdout too
		time.AfterFunc(unloadTimeout, con.exit)
		return nil
	})
}

// name returns the name of the server.
func (c *mcpCommand) name() string {
	switch {
	case c.Name != "":
		return c.Name
	case c.Bridge != "":
		return "moonlark"
	}
	return serverName(c.Scripts)
}
