package cli

import (
	"cmp"
	"context"
	"errors"
	"log/slog"
	"os"
	"slices"
	"time"

	"golang.org/x/term"

	"moonlark/audio/browser"
	"moonlark/engine"
	"moonlark/engine/bus"
	"moonlark/engine/dialog"
	"moonlark/engine/face/control"
	"moonlark/engine/face/record"
	"moonlark/engine/face/screen"
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

// An agentRun is one run of the command run: the engine, and what shows and drives it. Only the
// goroutine of runCommand.Run uses it.
type agentRun struct {
	*runCommand      // the flags
	interactive bool // stdin is a terminal
	chatting    bool // the user writes to the agent, on stdin or with --say
	terminal    *terminal.Terminal
	level       slog.Level // the lowest level of the lines of the log that are shown
	events      *bus.Bus

	// set by readFlags
	opts         engine.Options
	settings     control.Options
	debugAddress string          // empty without a debugger
	sound        *browser.Device // nil unless a page carries the sound

	// set by subscribe
	shown  *bus.Subscription // the terminal's
	server *control.Control
	stream *web.Stream
	page   *screen.Server // nil without --screen

	recordings *record.Switch // set by start
	ends       []func()       // called by end, the last one first
}

// onEnd registers a function that end calls. Functions are called in reverse order, as those of defer
// are.
func (r *agentRun) onEnd(f func()) { r.ends = append(r.ends, f) }

// end ends everything that the run has started.
func (r *agentRun) end() {
	for _, f := range slices.Backward(r.ends) {
		f()
	}
}

// readFlags makes the options of the engine and of the HTTP server from the flags. An error is a
// mistake in the flags. It removes the tokens from the environment, because scripts, and the programs
// that Moonlark starts, must not see them.
func (r *agentRun) readFlags() (err error) {
	if r.opts, err = r.options(); err != nil {
		return err
	}
	if r.settings, err = r.controlFlags.settings(os.Getenv(tokenVariable)); err != nil {
		return err
	}
	r.settings.Fleet = r.Fleet != ""
	if err := r.mcpHTTPFlags.check(r.settings); err != nil {
		return err
	}
	if err := r.inspectFlags.address(&r.settings); err != nil {
		return err
	}
	if err := r.screenFlags.settings(&r.settings, os.Getenv(screenTokenVariable)); err != nil {
		return err
	}
	if r.opts.Voice != nil {
		if r.sound, err = r.soundFlags.page(r.Inspect != noInspector || r.Screen); err != nil {
			return err
		}
		r.opts.Voice.Browser = r.sound
	}
	if r.debugAddress, err = r.debugFlags.address(); err != nil {
		return err
	}
	if r.debugAddress != "" {
		r.opts.Debugger = debug.New()
	}
	os.Unsetenv(tokenVariable)
	os.Unsetenv(screenTokenVariable)
	r.settings.Version, r.settings.Log, r.settings.Level = version.Version(), r.terminal.Logger(), r.level
	return nil
}

// subscribe makes the terminal, the HTTP server and the pages receive the events, before the first
// event is published.
func (r *agentRun) subscribe() {
	r.server = control.New(r.settings)
	r.onEnd(showStandardLog(r.events))
	r.shown = r.events.Subscribe(nil, func(e bus.Event) {
		if e.Type == bus.Dropped { // only the slow subscriber receives it
			r.server.Note(e)
		}
		r.terminal.Show(e)
	})
	r.watch(r.server)
	r.stream = web.NewStream(web.StreamOptions{Version: version.Version(), Log: r.terminal.Logger(), Level: r.level})
	if r.Inspect != noInspector {
		r.watch(r.stream)
	}
	if r.page = r.screenFlags.newServer(); r.page != nil {
		r.watch(r.page)
	}
	if r.sound != nil {
		r.stream.AddField("page_sound", func() any { return r.sound.Use() })
		if r.page != nil {
			r.page.UseSound(r.sound.Use())
		}
	}
}

// watch makes a face receive the events until the end of the run.
func (r *agentRun) watch(face interface {
	Watch(*bus.Bus) *bus.Subscription
}) {
	subscription := face.Watch(r.events)
	r.onEnd(func() { subscription.Close(stopTimeout) })
}

// start makes the engine, and starts everything around it. The caller runs the engine.
func (r *agentRun) start(ctx context.Context) (*engine.Engine, error) {
	device, err := r.fleetFlags.open(r.Scripts, r.events)
	if err != nil {
		return nil, err
	}
	scripts := func() []string { return r.Scripts }
	var member *fleetMember
	if r.opts.Fleet = device; device != nil {
		r.onEnd(device.Close)
		scripts = device.Paths
		if member, err = r.fleetFlags.member(device, r.events); err != nil {
			return nil, &usageError{err}
		}
		r.onEnd(member.close)
		member.addTo(&r.opts)
	}
	recordings, endRecording, err := r.recordFlags.open(r.events, scripts, r.opts.Permissions.Data, r.terminal.Logger(), r.level)
	if err != nil {
		return nil, err
	}
	r.recordings = recordings
	r.onEnd(endRecording)
	r.opts.Bus = r.events
	endServers, err := r.mcpServersFlag.addTo(&r.opts)
	if err != nil {
		return nil, err
	}
	r.onEnd(endServers)
	r.completeOptions()
	for _, g := range r.opts.Permissions.Grants {
		r.events.Log("", slog.LevelInfo, g.Describe())
	}
	e, err := engine.New(r.opts)
	if err != nil {
		return nil, &usageError{err}
	}
	if user, agent := e.Remote().RecordedSounds(); user != nil {
		r.recordings.AttachSound(user, agent)
	}
	if err := r.serve(ctx, e.Remote()); err != nil {
		return nil, err
	}
	if member != nil {
		end, err := member.start(ctx, r.fleetFlags, r.events, r.server, e.Remote())
		if err != nil {
			return nil, err
		}
		r.onEnd(end)
	}
	r.onEnd(onSIGHUP(func() { r.server.Reload(e.Remote()) }, e.Stop))
	endDebugger, err := r.debugFlags.open(ctx, r.debugAddress, r.opts.Debugger, r.events, r.terminal.Logger())
	if err != nil {
		return nil, err
	}
	r.onEnd(endDebugger)
	return e, nil
}

// completeOptions adds to the options of the engine what depends on the input and on the other parts
// of the run.
func (r *agentRun) completeOptions() {
	opts := &r.opts
	opts.Retry, opts.Reconnect = !r.chatting, len(r.Say) == 0 && (r.interactive || !r.chatting)
	opts.TextOnly = r.chatting && opts.Target.IsLocal() && opts.LocalAgent.TTS == nil && opts.LocalAgent.STT == nil
	if opts.LocalAgent.Realtime != nil {
		opts.TextOnly = opts.Voice == nil
	}
	warnWithoutVoice(r.events, r.speechFlags, *opts)
	r.onEnd(r.limitFlags.apply(opts))
	keepHeapFloor()
	switch {
	case len(r.Say) > 0:
		opts.User = func(ctx context.Context, agent *remote.Remote) error { return say(ctx, agent, r.Say) }
	case r.chatting:
		opts.User = func(ctx context.Context, agent *remote.Remote) error {
			if opts.Voice != nil {
				r.terminal.PushToTalk(agent.Listening(), func() { agent.Listen(!agent.Listening()) })
			}
			return chat(ctx, agent, r.terminal, r.interactive)
		}
	}
	opts.Permissions.Own = r.server.Owns
}

// serve opens the HTTP server with the pages of the flags, and logs the addresses of the pages.
func (r *agentRun) serve(ctx context.Context, agent *remote.Remote) error {
	if r.Inspect != noInspector || r.Screen {
		mountShared(r.server)
	}
	r.inspectFlags.mount(r.server, r.stream, agent, r.recordings, r.pinFlags)
	r.screenFlags.mount(r.server, r.page, agent, r.stream)
	mountSound(r.server, r.sound, agent.Screen(), r.terminal.Logger())
	r.onEnd(r.mcpHTTPFlags.mount(ctx, r.server, agent, r.events, r.Scripts))
	if err := r.server.Open(ctx, agent); err != nil {
		return err
	}
	r.onEnd(r.server.Close)
	isTerminal := term.IsTerminal(int(os.Stderr.Fd()))
	if r.Inspect != noInspector {
		text := "inspector: open " + pageURL(r.server.URL(), "/inspect", r.settings.Token, isTerminal)
		if r.Inspect == editInspector {
			text += " (it can change the scripts)"
		}
		r.terminal.Logger().Info(text)
	}
	if r.Screen {
		token := cmp.Or(r.settings.ScreenToken, r.settings.Token)
		r.terminal.Logger().Info("screen: open " + pageURL(r.server.URL(), "/screen", token, isTerminal))
	}
	return nil
}

// untilEnd runs the engine, and returns when the remaining events have been shown, or when the time
// for that is over.
func (r *agentRun) untilEnd(ctx context.Context, e *engine.Engine) error {
	err := e.Run(ctx)
	timeout := showTimeout
	if ctx.Err() != nil {
		timeout = stopTimeout
	}
	var ended *dialog.EndedError
	// an EndedError has already been shown as a Disconnected event, and ErrNoAnswer as an Error event
	if err != nil && !errors.As(err, &ended) && !errors.Is(err, dialog.ErrNoAnswer) {
		r.events.Publish(bus.Event{Type: bus.Error, Text: err.Error(), Hint: engine.Hint(err)})
	}
	r.shown.Close(timeout)
	if err != nil {
		return &shownError{err}
	}
	return nil
}
