package cli

import (
	"io"
	"log/slog"

	"moonlark/engine/bus"
	"moonlark/engine/face/terminal"
)

// logFlags set the level and the format of the log.
type logFlags struct {
	LogLevel  string `default:"info" enum:"debug,info,warn,error" help:"Lowest level that is logged: ${enum}."`
	LogFormat string `default:"text" enum:"text,json" help:"Format of the log on stderr: ${enum}."`
}

// terminal returns options for a terminal on con that shows the log with this level and format.
func (f logFlags) terminal(con *console) terminal.Options {
	var level slog.Level
	level.UnmarshalText([]byte(f.LogLevel)) // the parser has already checked the name of the level
	opts := terminal.Options{Level: level, Stdout: con.stdout, Stderr: con.stderr}
	if f.LogFormat == "json" {
		opts.Handler = func(w io.Writer) slog.Handler {
			return slog.NewJSONHandler(w, &slog.HandlerOptions{Level: level})
		}
	}
	return opts
}

// showOnStderr returns a bus whose events are shown on stderr. Commands that print their result on
// stdout use it. end waits until all events have been shown, at most stopTimeout.
func (f logFlags) showOnStderr(con *console) (events *bus.Bus, end func()) {
	opts := f.terminal(con)
	opts.Stdout = con.stderr
	screen := terminal.New(opts)
	events = new(bus.Bus)
	shown := events.Subscribe(nil, screen.Show)
	return events, func() {
		shown.Close(stopTimeout)
		screen.Close()
	}
}
