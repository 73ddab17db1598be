package cli

import (
	"context"
	"errors"
	"fmt"
	"log/slog"

	"moonlark/engine/bus"
	"moonlark/engine/face/dap"
	"moonlark/engine/script/debug"
)

// debugFlags let a debugger stop the scripts.
type debugFlags struct {
	Debug     *string `placeholder:"PORT" help:"Let a debugger of this machine connect to PORT, or HOST:PORT, and stop the scripts at breakpoints (Debug Adapter Protocol)."`
	DebugWait bool    `help:"Load the scripts only when a debugger has connected and set its breakpoints."`
}

// address returns the address of --debug, or "" without --debug.
func (f debugFlags) address() (string, error) {
	switch {
	case f.Debug != nil && clean(*f.Debug) == "":
		return "", errors.New("--debug is empty: is a variable not set? Write --debug PORT")
	case f.Debug != nil:
		addr, err := dap.Address(clean(*f.Debug))
		if err != nil {
			return "", fmt.Errorf("--debug: %w", err)
		}
		return addr, nil
	case f.DebugWait:
		return "", errors.New("--debug-wait needs --debug")
	}
	return "", nil
}

// open starts the server of --debug at addr. With --debug-wait, it waits until a debugger has set
// its breakpoints, or until ctx is done. The caller must call end at the end.
func (f debugFlags) open(ctx context.Context, addr string, d *debug.Debugger, events *bus.Bus, log *slog.Logger) (end func(), err error) {
	if d == nil {
		return func() {}, nil
	}
	s, err := dap.Open(addr, d, events, log)
	if err != nil {
		return nil, fmt.Errorf("--debug: %w", err)
	}
	events.Log("", slog.LevelInfo, "debugger: listening on "+s.Addr())
	if f.DebugWait {
		events.Log("", slog.LevelInfo, "debugger: the scripts are loaded when a debugger has connected and set its breakpoints")
		d.AwaitClient(ctx) // when ctx is done, Engine.Run ends at once
	}
	return s.Close, nil
}
