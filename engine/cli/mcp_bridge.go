package cli

import (
	"context"
	"errors"
	"fmt"
	"os"
	"slices"

	"github.com/alecthomas/kong"

	"moonlark/engine/face/mcp"
)

// bridge passes messages between stdin and stdout and the running agent of --bridge, until stdin
// ends, a signal arrives, or stdout cannot be written.
func (c *mcpCommand) bridge(ctx context.Context, con *console) error {
	if err := c.checkBridgeFlags(newParser(con), os.Args[1:]); err != nil {
		return &usageError{err}
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

// bridgeFlags are the flags that have a meaning beside --bridge.
var bridgeFlags = []string{"bridge", "config", "name", "log-level", "log-format"}

// checkBridgeFlags returns an error if there are scripts or flags for scripts in args, the arguments of
// the process: a bridge runs no scripts.
func (c *mcpCommand) checkBridgeFlags(parser *kong.Kong, args []string) error {
	parsed, err := kong.Trace(parser, args)
	if err != nil {
		return err
	}
	for _, path := range parsed.Path {
		if path.Flag != nil && !slices.Contains(bridgeFlags, path.Flag.Name) {
			return fmt.Errorf("--bridge offers what the running agent offers: leave out --%s", path.Flag.Name)
		}
	}
	if len(c.Scripts) > 0 {
		return errors.New("--bridge offers what the running agent offers: leave out the scripts")
	}
	return nil
}
