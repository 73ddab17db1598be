// Package flags is the command line of a running agent, by what it is about:
// each type is a group of flags, which Apply turns into options of an engine. The errors of Apply
// are mistakes in the command line.
package flags

import (
	"io"
	"log/slog"
	"os"
	"runtime/debug"
	"slices"
	"time"

	"moonlark/engine"
	"moonlark/engine/script"
	"moonlark/engine/terminal"
)

// Logging is how the log looks.
type Logging struct {
	LogLevel  string `default:"info" enum:"debug,info,warn,error" help:"The least that is logged: ${enum}."`
	LogFormat string `default:"text" enum:"text,json" help:"How the log on stderr looks: ${enum}."`
}

// Options are those of a terminal with such a log.
func (l Logging) Options() terminal.Options {
	var level slog.Level
	level.UnmarshalText([]byte(l.LogLevel)) // one of the four: the parser saw to it
	opts := terminal.Options{Level: level}
	if l.LogFormat == "json" {
		opts.Handler = func(w io.Writer) slog.Handler {
			return slog.NewJSONHandler(w, &slog.HandlerOptions{Level: level})
		}
	}
	return opts
}

// Limits are what scripts may use.
type Limits struct {
	Memory    uint64        `placeholder:"MiB" help:"How much memory all scripts together may use; half of what there is, if left out."`
	BurstWarn time.Duration `default:"250ms" help:"Warn of a handler that runs this long without a wait (${default})."`
	Burst     time.Duration `default:"2s" help:"End a handler that runs this long without a wait (${default})."`
	Handler   time.Duration `name:"handler-timeout" default:"10m" help:"End an event handler, or a turn of a timer, that takes this long (${default})."`
	AllowEnv  []string      `placeholder:"NAME" help:"Let scripts read this environment variable, beside those that begin with MOONLARK_."`
}

// Apply sets the limits in opts, and Go's own to match. The heap is to be
// closed when the engine has ended.
func (l Limits) Apply(opts *engine.Options) {
	opts.Limits = script.Limits{BurstWarning: l.BurstWarn, Burst: l.Burst, Handler: l.Handler}
	opts.Heap = script.NewHeap(l.Memory << 20)
	opts.Env = func(name string) (string, bool) {
		if !slices.Contains(l.AllowEnv, name) {
			return "", false
		}
		return os.LookupEnv(name)
	}
	if os.Getenv("GOMEMLIMIT") == "" {
		debug.SetMemoryLimit(int64(opts.Heap.Limit()))
	}
}

// Life is how many conversations there are, and for how long.
type Life struct {
	Wait   bool          `help:"Begin no conversation before a script says session.start()."`
	Idle   time.Duration `placeholder:"TIME" help:"End a conversation in which the user has said nothing for so long."`
	Length time.Duration `name:"max-length" placeholder:"TIME" help:"End a conversation that has lasted so long."`
	Starts int           `name:"starts-per-hour" default:"60" placeholder:"N" help:"Begin at most so many conversations an hour (${default})."`
}

// Apply sets what there is in opts.
func (l Life) Apply(opts *engine.Options) {
	opts.Wait, opts.Idle, opts.Longest, opts.StartsPerHour = l.Wait, l.Idle, l.Length, l.Starts
}
