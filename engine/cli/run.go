package cli

import (
	"context"
	"errors"
	"log/slog"
	"os"
	"slices"
	"time"

	"golang.org/x/term"

	"moonlark/engine"
	"moonlark/engine/bus"
	"moonlark/engine/dialog"
	"moonlark/engine/face/control"
	"moonlark/engine/face/terminal"
	"moonlark/engine/face/web"
	"moonlark/engine/remote"
	"moonlark/engine/script/debug"
	"moonlark/engine/version"
)

const (
	// showTimeout is the maximum time to show the remaining events after the conversation has ended.
	// After a signal, stopTimeout is used instead.
	showTimeout = 10 * time.Second
	stopTimeout = time.Second
)

type runCommand struct {
	Scripts []string `arg:"" name:"script" help:"Lua files."`

	targetFlags     `embed:""`
	RequireAgent    bool `help:"Do not start the embedded agent only because nothing names an agent: exit with 64. For services."`
	connectionFlags `embed:""`
	agentFlags      `embed:""`

	Text       bool     `xor:"mode" help:"No sound: chat in the terminal. The default with the embedded agent."`
	Headless   bool     `xor:"mode" help:"No sound and no input: tools and events only."`
	Say        []string `sep:"none" placeholder:"TEXT" help:"Say TEXT instead of reading stdin, then exit. Repeat the flag for more turns."`
	soundFlags `embed:""`

	lifeFlags    `embed:""`
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

	opts, err := c.options()
	if err != nil {
		return &usageError{err}
	}
	settings, err := c.controlFlags.settings(os.Getenv(tokenVariable))
	if err != nil {
		return &usageError{err}
	}
	if err := c.mcpHTTPFlags.check(settings); err != nil {
		return &usageError{err}
	}
	c.inspectFlags.address(&settings)
	if err := c.screenFlags.settings(&settings, os.Getenv(screenTokenVariable)); err != nil {
		return &usageError{err}
	}
	debugAddress, err := c.debugFlags.address()
	if err != nil {
		return &usageError{err}
	}
	if debugAddress != "" {
		opts.Debugger = debug.New()
	}
	os.Unsetenv(tokenVariable) // scripts, and the programs that we start, must not see the tokens
	os.Unsetenv(screenTokenVariable)
	settings.Version, settings.Log, settings.Level = version.Version(), screen.Logger(), show.Level.Level()
	outside := control.New(settings)

	events := new(bus.Bus)
	defer showStandardLog(events)()
	shown := events.Subscribe(nil, func(e bus.Event) {
		if e.Type == bus.Dropped { // only the slow subscriber receives it
			outside.Note(e)
		}
		screen.Show(e)
	})
	defer outside.Watch(events).Close(stopTimeout)
	stream := web.NewStream(web.StreamOptions{Version: version.Version(), Log: screen.Logger(), Level: settings.Level})
	if c.Inspect {
		defer stream.Watch(events).Close(stopTimeout)
	}
	page := c.screenFlags.newServer()
	if page != nil {
		defer page.Watch(events).Close(stopTimeout)
	}
	recorder, endRecording, err := c.recordFlags.open(events, c.Scripts, screen.Logger(), settings.Level)
	if err != nil {
		shown.Close(stopTimeout)
		return err
	}
	defer endRecording()

	opts.Bus = events
	endServers, err := c.mcpServersFlag.addTo(&opts)
	if err != nil {
		shown.Close(stopTimeout)
		return err
	}
	defer endServers()
	opts.Retry, opts.Reconnect = !chatting, len(c.Say) == 0 && (interactive || !chatting)
	opts.TextOnly = chatting && opts.Target.IsLocal() && opts.LocalAgent.TTS == nil && opts.LocalAgent.STT == nil
	if opts.LocalAgent.Realtime != nil {
		opts.TextOnly = opts.Voice == nil
	}
	warnWithoutVoice(events, c.speechFlags, opts)
	defer c.limitFlags.apply(&opts)()
	keepHeapFloor()
	switch {
	case len(c.Say) > 0:
		opts.User = func(ctx context.Context, r *remote.Remote) error { return say(ctx, r, c.Say) }
	case chatting:
		opts.User = func(ctx context.Context, r *remote.Remote) error {
			if opts.Voice != nil {
				screen.PushToTalk(r.Listening(), func() { r.Listen(!r.Listening()) })
			}
			return chat(ctx, r, screen, interactive)
		}
	}

	opts.Permissions.Own = outside.Owns
	for _, g := range opts.Permissions.Grants {
		events.Log("", slog.LevelInfo, g.Describe())
	}
	e, err := engine.New(opts)
	if err != nil {
		shown.Close(stopTimeout)
		return &usageError{err}
	}
	if c.Inspect || c.Screen {
		mountShared(outside)
	}
	c.inspectFlags.mount(outside, stream, e.Remote(), recorder, c.pinFlags)
	c.screenFlags.mount(outside, page, e.Remote())
	defer c.mcpHTTPFlags.mount(ctx, outside, e.Remote(), events, c.Scripts)()
	if err := outside.Open(ctx, e.Remote()); err != nil {
		shown.Close(stopTimeout)
		return err
	}
	defer outside.Close()
	if c.Inspect {
		screen.Logger().Info("inspector: open " + pageURL(outside.URL(), "/inspect", settings.Token, term.IsTerminal(int(os.Stderr.Fd()))))
	}
	if c.Screen {
		token := settings.ScreenToken
		if token == "" {
			token = settings.Token
		}
		screen.Logger().Info("screen: open " + pageURL(outside.URL(), "/screen", token, term.IsTerminal(int(os.Stderr.Fd()))))
	}
	defer onSIGHUP(func() { outside.Reload(e.Remote()) }, e.Stop)()

	endDebugger, err := c.debugFlags.open(ctx, debugAddress, opts.Debugger, events, screen.Logger())
	if err != nil {
		shown.Close(stopTimeout)
		return err
	}
	defer endDebugger()

	err = e.Run(ctx)
	timeout := showTimeout
	if ctx.Err() != nil {
		timeout = stopTimeout
	}
	var ended *dialog.EndedError
	// an EndedError has already been shown as a Disconnected event, and ErrNoAnswer as an Error event
	if err != nil && !errors.As(err, &ended) && !errors.Is(err, dialog.ErrNoAnswer) {
		events.Publish(bus.Event{Type: bus.Error, Text: err.Error(), Hint: engine.Hint(err)})
	}
	shown.Close(timeout)
	if err != nil {
		return &shownError{err}
	}
	return nil
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
