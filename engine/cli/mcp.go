package cli

import (
	"context"
	"os"
	"sync/atomic"
	"time"

	"moonlark/engine"
	"moonlark/engine/face/mcp"
	"moonlark/engine/remote"
	"moonlark/engine/version"
)

// unloadTimeout is how long the scripts may take to end after the client has closed stdin. Clients kill
// a server that has not ended 2 s after that, and some of this time is for the last answers.
const unloadTimeout = 1200 * time.Millisecond

type mcpCommand struct {
	Scripts []string `arg:"" name:"script" help:"Lua files."`

	Name    string   `placeholder:"NAME" help:"Name of the server, which clients show. The name of the first script if left out."`
	Only    []string `placeholder:"TOOL,..." help:"Offer only these tools."`
	NoWatch bool     `help:"Do not reload scripts that change."`
	Config  string   `enum:",claude,claude-code,cursor,vscode" default:"" placeholder:"CLIENT" help:"Print what this client needs to start the server, and exit: claude (Claude Desktop), claude-code, cursor or vscode."`

	permissionFlags `embed:""`
	pinFlags        `embed:""`
	limitFlags      `embed:""`
	logFlags        `embed:""`
}

// Run offers the tools of the scripts on stdin and stdout until stdin ends, a signal arrives, or
// stdout cannot be written.
func (c *mcpCommand) Run(ctx context.Context, con *console) error {
	opts := engine.Options{Scripts: c.Scripts, Watch: !c.NoWatch}
	var err error
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
	endServers, err := c.mcpServersFlag.addTo(&opts)
	if err != nil {
		return err
	}
	defer endServers()
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
		server.ServeStdio(ctx, os.Stdin, con.stdout) // an error of stdout is in con.stdout too
		time.AfterFunc(unloadTimeout, con.exit)
		return nil
	})
}

// name returns the name of the server.
func (c *mcpCommand) name() string {
	if c.Name != "" {
		return c.Name
	}
	return serverName(c.Scripts)
}
