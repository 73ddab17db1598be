package cli

import (
	"context"
	"errors"
	"fmt"
	"os"

	"moonlark/engine/face/mcp"
)

// bridge passes messages between stdin and stdout and the running agent of --bridge, until stdin
// ends, a signal arrives, or stdout cannot be written.
func (c *mcpCommand) bridge(ctx context.Context, con *console) error {
	if len(c.Scripts) > 0 || len(c.Only) > 0 || c.NoWatch {
		return &usageError{errors.New("--bridge offers what the running agent offers: leave out the scripts, --only and --no-watch")}
	}
	opts := mcp.BridgeOptions{URL: clean(c.Bridge), Token: clean(os.Getenv(tokenVariable)), In: os.Stdin, Out: con.stdout}
	if err := checkWord("the HTTP token", opts.Token); err != nil {
		return &usageError{err}
	}
	if err := opts.Check(); err != nil {
		return &usageError{fmt.Errorf("--bridge: %w", err)}
	}
	if c.Config != "" {
		if opts.Token != "" {
			fmt.Fprintf(con.stderr, "The client must also set the variable %s for the server.\n", tokenVariable)
		}
		return c.printConfig(con, os.Args[1:])
	}
	events, end := c.reserveStdout(con)
	defer end()
	opts.Log = events.Logger("")
	mcp.RunBridge(ctx, opts) // con.stdout keeps an error of stdout
	return nil
}
