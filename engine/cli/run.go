package cli

import (
	"context"
	"errors"
	"os"
	"slices"

	"golang.org/x/term"

	"moonlark/engine"
	"moonlark/engine/bus"
	"moonlark/engine/face/terminal"
)

type runCommand struct {
	Scripts []string `arg:"" optional:"" name:"script" help:"Lua files. With --fleet-store, those that run while there is no bundle."`

	targetFlags     `embed:""`
	RequireAgent    bool `help:"Do not start the embedded agent only because nothing names an agent: exit with 64. For services."`
	connectionFlags `embed:""`
	agentFlags      `embed:""`

	Text       bool     `xor:"mode" help:"No sound: chat in the terminal. The default with the embedded agent."`
	Headless   bool     `xor:"mode" help:"No sound and no input: tools and events only."`
	Say        []string `sep:"none" placeholder:"TEXT" help:"Say TEXT instead of reading stdin, then exit. Repeat the flag for more turns."`
	soundFlags `embed:""`

	lifeFlags    `embed:""`
	fleetFlags   `embed:""`
	JSON         bool `name:"json" help:"Print one JSON object per event on stdout, and nothing else there."`
	NoWatch      bool `help:"Do not reload scripts that change."`
	llmFlags     `embed:""`
	speechFlags  `embed:""`
	limitFlags   `embed:""`
	controlFlags `embed:""`
	inspectFlags `embed:""`
	screenFlags  `embed:""`
	recordFlags  `embed:""`
	mcpHTTPFlags `embed:""`
	debugFlags   `embed:""`
	logFlags     `embed:""`

	permissionFlags `embed:""`
	pinFlags        `embed:""`
}

// Run runs conversations until they have ended, the user ends the input, or a signal arrives.
func (c *runCommand) Run(ctx context.Context, con *console) error {
	if slices.Contains(c.Say, "") {
		return &usageError{errors.New("--say: the text is empty")}
	}
	interactive := term.IsTerminal(int(os.Stdin.Fd()))
	chatting := len(c.Say) > 0 || c.Text || !c.Headless && (interactive || isReadable(os.Stdin))

	show := c.logFlags.terminal(con)
	show.JSON = c.JSON
	show.Prompt = interactive && len(c.Say) == 0 && chatting
	screen := terminal.New(show)
	defer screen.Close()
	con.onExit(exitOK, screen.RestoreMode)
	ctx, cancel := c.untilUnread(ctx, con, chatting, screen)
	defer cancel()

	r := &agentRun{runCommand: c, interactive: interactive, chatting: chatting, terminal: screen, level: show.Level.Level(), events: new(bus.Bus)}
	if err := r.readFlags(); err != nil {
		return &usageError{err}
	}
	defer r.end()
	r.subscribe()
	e, err := r.start(ctx)
	if err != nil {
		r.shown.Close(stopTimeout)
		return err
	}
	return r.untilEnd(ctx, e)
}

// untilUnread returns a context that is done when ctx is, or when nobody can read the conversation
// any more because stdout cannot be written. In a conversation by voice, or without input, the
// context is not done then, and the log gets a warning. Call cancel at the end.
func (c *runCommand) untilUnread(ctx context.Context, con *console, chatting bool, screen *terminal.Terminal) (until context.Context, cancel context.CancelFunc) {
	unread, cancel := con.stdout.untilFailed(ctx)
	if chatting || c.JSON {
		return unread, cancel
	}
	context.AfterFunc(unread, func() {
		if err := con.stdout.firstError(); err != nil {
			screen.Logger().Warn("stdout: " + err.Error() + ": what the agent says is not shown")
		}
	})
	return ctx, cancel
}

// options returns the engine options that the flags describe. It returns an error when the flags
// contain a mistake.
func (c *runCommand) options() (engine.Options, error) {
	opts := engine.Options{Scripts: c.Scripts, Watch: !c.NoWatch}
	if len(c.Scripts) == 0 && !c.fleetFlags.isSet() {
		return opts, errNoScript
	}
	if err := c.fleetFlags.check(); err != nil {
		return opts, err
	}
	var err error
	if opts.Permissions, err = c.permissionFlags.settings(); err != nil {
		return opts, err
	}
	if opts.Pins, err = c.pinFlags.chip(); err != nil {
		return opts, err
	}
	fromEnvironment := os.Getenv("ELEVENLABS_AGENT_ID")
	if c.llmFlags.isSet() {
		fromEnvironment = "" // the flag says that the agent is the embedded one
	}
	if opts.Target, err = c.targetFlags.target(fromEnvironment); err != nil {
		return opts, err
	}
	if c.RequireAgent && opts.Target.IsLocal() && !c.Local && c.LLM == "" && c.Realtime == "" {
		return opts, errors.New("no agent: set ELEVENLABS_AGENT_ID, or agent, url or signed-url-from in moonlark.toml. With local or llm, the embedded agent starts")
	}
	silent := c.Text || c.Headless
	if silent && c.soundFlags.isSet() {
		return opts, errors.New("--text and --headless run without sound: leave out --speaker, --mic, --wake and --push-to-talk")
	}
	local := opts.Target.IsLocal()
	if err := c.llmFlags.checkSpeech(c.speechFlags); err != nil {
		return opts, err
	}
	if !silent && (!local || c.soundFlags.isSet() || c.speechFlags.isSet() || c.Realtime != "") {
		if opts.Voice, err = c.soundFlags.settings(); err != nil {
			return opts, err
		}
		if local && c.TTS == "" && c.Realtime == "" {
			c.TTS = "auto" // a user who names a speaker wants to hear the agent
		}
	}
	if opts.LocalAgent, err = c.speechFlags.localAgent(); err != nil {
		return opts, err
	}
	if c.llmFlags.isSet() && !local {
		return opts, errors.New("--llm and --realtime are for the embedded agent: leave out --agent, --url and --signed-url-from")
	}
	if err := c.llmFlags.addTo(&opts.LocalAgent); err != nil {
		return opts, err
	}
	opts.LocalAgent.MaxRealtime = c.Length
	if c.Wake != "" && !c.Wait && !c.WakeAlways {
		return opts, errors.New("--wake begins conversations: add --wait, or add --wake-always to hear wake words during a conversation")
	}
	opts.Wait, opts.Idle, opts.MaxLength, opts.StartsPerHour = c.Wait, c.Idle, c.Length, c.Starts
	if opts.Connection, err = c.connectionFlags.connection(os.Getenv("ELEVENLABS_API_KEY")); err != nil {
		return opts, err
	}
	opts.Agent, err = c.agentFlags.settings()
	return opts, err
}

// isReadable reports whether stdin can contain lines for the agent although it is not a terminal.
// This is true for a pipe, a socket or a regular file, but not for /dev/null.
func isReadable(f *os.File) bool {
	info, err := f.Stat()
	return err == nil && (info.Mode().IsRegular() || info.Mode()&(os.ModeNamedPipe|os.ModeSocket) != 0)
}
