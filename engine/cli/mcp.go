package cli

import (
	"context"
	"log/slog"
	"os"
	"sync/atomic"
	"time"

	"golang.org/x/term"

	"moonlark/engine"
	"moonlark/engine/bus"
	"moonlark/engine/face/mcp"
	"moonlark/engine/remote"
	"moonlark/engine/version"
)

// unloadTimeout is how long the scripts may take to end after the client has closed stdin. Clients kill
// a server that has not ended 2 s after that, and some of this time is for the last answers.
const unloadTimeout = 1200 * time.Millisecond

type mcpCommand struct {
	Scripts []string `arg:"" optional:"" name:"script" help:"Lua files."`

	Name    string   `placeholder:"NAME" help:"Name of the server, which clients show. Default: the name of the first script."`
	Only    []string `placeholder:"TOOL,..." help:"Offer only these tools. Resources and prompts are not affected."`
	NoWatch bool     `help:"Do not reload scripts that change."`
	Bridge  string   `placeholder:"URL" help:"Offer the tools of a running agent, whose /mcp has this URL, in place of those of scripts. For clients that cannot use HTTP or cannot send a token. $$MOONLARK_HTTP_TOKEN is the token of the agent."`
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
		return &usageError{errNoScript}
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
	events, end := c.reserveStdout(con)
	defer end()
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
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
		if term.IsTerminal(int(os.Stdin.Fd())) {
			events.Log("", slog.LevelInfo, "a program is expected at stdin, but this is a terminal: moonlark mcp --config CLIENT prints the settings with which a client starts the server")
		}
		server.ServeStdio(ctx, os.Stdin, con.stdout) // con.stdout keeps an error of stdout
		time.AfterFunc(unloadTimeout, con.exit)
		return nil
	})
}

// reserveStdout makes sure that only con.stdout still writes to stdout, so that clients get nothing but
// messages. What is logged is shown on stderr, until end is called.
func (c *mcpCommand) reserveStdout(con *console) (events *bus.Bus, end func()) {
	os.Stdout = os.Stderr
	con.onExit(exitOK, nil)
	events, endShow := c.logFlags.showOnStderr(con)
	endLog := showStandardLog(events)
	return events, func() {
		endLog()
		endShow()
	}
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
