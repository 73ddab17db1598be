// Package cli implements the command moonlark. Each subcommand has its own file. The *_flags.go
// files contain flags that several subcommands share, and turn them into settings.
package cli

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/signal"
	"runtime"
	"syscall"
	"time"

	"github.com/alecthomas/kong"

	"moonlark/engine"
	"moonlark/engine/process"
	"moonlark/engine/safetext"
	"moonlark/engine/script"
)

// Exit codes; docs/command.md lists them for users.
const (
	exitOK     = 0
	exitFailed = 1  // the conversation failed, a tool returned an error, doctor found an error, or tools differ
	exitUsage  = 64 // the command line is wrong
	exitConfig = 78 // a script cannot be loaded, so starting the program again does not help
)

// commands describes the command line for the parser kong.
type commands struct {
	Run     runCommand     `cmd:"" help:"Hold a conversation; the agent can use the tools of the scripts."`
	Call    callCommand    `cmd:"" help:"Run one tool and print its result."`
	Test    testCommand    `cmd:"" help:"Run the tests of Lua scripts."`
	Replay  replayCommand  `cmd:"" help:"Show a recording in a browser, or call its tool calls again and compare the results."`
	Repl    replCommand    `cmd:"" help:"Try Lua code at a prompt inside a loaded script."`
	Check   checkCommand   `cmd:"" help:"Load scripts without running any of their tools, and list what they offer."`
	Tools   toolsCommand   `cmd:"" help:"List the tools of scripts, export them, and push them to an ElevenLabs agent."`
	Serve   serveCommand   `cmd:"" help:"Offer the embedded agent to ElevenLabs clients."`
	Mcp     mcpCommand     `cmd:"" help:"Offer the tools of scripts to other programs by the Model Context Protocol, on stdin and stdout."`
	Work    workCommand    `cmd:"" help:"Carry out tools of scripts for the devices of a fleet."`
	Host    hostCommand    `cmd:"" help:"Hold conversations on demand, as one of several hosts of a fleet."`
	New     newCommand     `cmd:"" help:"Make a folder with a script and a test."`
	Bundle  bundleCommand  `cmd:"" help:"Pack scripts and their files into a signed file for devices."`
	Fleet   fleetCommand   `cmd:"" help:"Publish bundles to the devices of a fleet, watch them and command them."`
	Install installCommand `cmd:"" help:"Make a service of systemd that runs scripts on this device."`
	Doctor  doctorCommand  `cmd:"" help:"Look for problems of this machine, the scripts and the agent, and suggest fixes."`
	Audio   audioCommand   `cmd:"" help:"List and test speakers and microphones."`
	Help    helpCommand    `cmd:"" help:"Describe what scripts can call, or the flags of a command."`
	Version versionCommand `cmd:"" help:"Print the version."`

	Completion completionCommand `cmd:"" help:"Print a program that makes a shell complete command lines of moonlark."`
}

// Main runs the command line args and returns the exit code of the process.
func Main(args []string) int {
	if runtime.GOMAXPROCS(0) < 2 {
		// so that the goroutine that reads the socket can run while Lua uses a processor
		runtime.GOMAXPROCS(2)
	}
	// writing to a closed pipe then returns an error, which the commands report
	process.CatchSIGPIPE()
	process.HideDescriptors()
	dropStandardLog()
	con := newConsole()
	if len(args) > 0 && args[0] == completeWord {
		printNext(con.stdout, con, args[1:])
		return con.finish(exitOK)
	}
	parser := newParser(con)
	if err := checkGrantWords(args); err != nil {
		fmt.Fprintf(con.stderr, "moonlark: %v\n", err)
		return exitUsage
	}
	args, file, err := withSettingsFile(newParser(con), args) // a parser can be used only once
	if err != nil {
		fmt.Fprintf(con.stderr, "moonlark: %s\n", safetext.Text(err.Error()))
		return exitUsage
	}
	parsed, err := parser.Parse(args)
	if con.stdout.firstError() != nil { // of --help, which the parser writes
		return con.finish(exitOK)
	}
	if err != nil {
		var parseErr *kong.ParseError
		if len(args) == 0 && errors.As(err, &parseErr) {
			parser.Stdout = con.stderr
			parseErr.Context.PrintUsage(false)
			return exitUsage
		}
		fmt.Fprintf(con.stderr, "moonlark: %v\n  hint: moonlark --help\n", err)
		return exitUsage
	}
	if command, ok := parsed.Selected().Target.Addr().Interface().(fileUser); ok {
		command.useFile(file)
	}
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	ended := context.AfterFunc(ctx, func() {
		stop() // after the first signal, a second one kills the process
		time.AfterFunc(con.timeToEnd(), con.exit)
	})
	defer ended() // before stop, which is not a signal
	parsed.BindTo(ctx, (*context.Context)(nil))
	parsed.Bind(con)
	return con.finish(report(con.stderr, parsed.Run()))
}

// newParser returns a parser of command lines, for one use.
func newParser(con *console) *kong.Kong {
	parser, err := kong.New(new(commands), kong.Name("moonlark"), textMapper(), kong.Writers(con.stdout, con.stderr),
		kong.Exit(func(code int) { os.Exit(con.finish(code)) }), // after --help
		kong.Description("Moonlark gives a voice agent hands, written in Lua."),
		kong.ConfigureHelp(kong.HelpOptions{Compact: true}))
	if err != nil {
		panic(err) // a mistake in the struct tags of commands
	}
	return parser
}

// report prints err on stderr, unless it has been shown to the user, and returns the exit code for it.
func report(stderr io.Writer, err error) int {
	if err == nil {
		return exitOK
	}
	var shown *shownError
	if !errors.As(err, &shown) {
		fmt.Fprintf(stderr, "moonlark: %s\n", safetext.Text(err.Error()))
		hint := engine.Hint(err)
		var usage *usageError
		if errors.As(err, &usage) && errors.Is(usage.error, errNoScript) {
			hint = "moonlark --help"
		}
		if hint != "" {
			fmt.Fprintf(stderr, "  hint: %s\n", safetext.Text(hint))
		}
	}
	var load *script.LoadError
	var usage *usageError
	switch {
	case errors.As(err, &load):
		return exitConfig
	case errors.As(err, &usage):
		return exitUsage
	}
	return exitFailed
}

// A shownError is an error that has already been shown to the user.
type shownError struct{ error }

func (e *shownError) Unwrap() error { return e.error }

// A usageError is a mistake in the command line that the parser cannot find.
type usageError struct{ error }
