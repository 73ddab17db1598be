// Package engine combines the parts of a running agent: its scripts, conversations, sound and the
// bus of events. The package creates the parts, runs them, and stops them in the right order.
//
// An engine has these goroutines. The caller of Run opens conversations and reads their sockets. Each
// conversation has one goroutine that writes to the socket, one that notices a dead connection, and
// one that watches the limits. Each script has an executor. Options.User, the file watcher, the sound,
// the embedded agent and each subscriber of the bus have their own goroutines. Run stops all of them
// except the subscribers.
package engine

import (
	"context"
	"errors"
	"log/slog"
	"path/filepath"
	"slices"
	"sync"
	"time"

	"moonlark/engine/bus"
	"moonlark/engine/connect"
	"moonlark/engine/convai"
	"moonlark/engine/dialog"
	"moonlark/engine/filewatch"
	"moonlark/engine/life"
	"moonlark/engine/remote"
	"moonlark/engine/screen"
	"moonlark/engine/script"
	"moonlark/engine/tool"
	"moonlark/engine/voice"
)

// drainTimeout is how long tool calls may still run when the program ends.
const drainTimeout = time.Second

// An Engine runs one agent. Its methods may be called from any goroutine.
type Engine struct {
	// The fields from opts to user never change after New.
	opts    Options
	bus     *bus.Bus
	scripts *script.Scripts
	// questions whether tools of MCP servers may be called
	approvals *script.Approvals
	voice     *voice.Voice // nil without sound
	turns     *dialog.Turns
	life      *life.Life
	remote    *remote.Remote
	user      *user

	connector *connect.Connector // set by Run before the first conversation

	mu      sync.Mutex         // guards the fields below
	watcher *filewatch.Watcher // nil when files are not watched
	paths   []string           // of the scripts that run

	reloading sync.Mutex // held during a reload; guards reloadedByRemote
	// reloadedByRemote has the path of each script that a call of the Remote has reloaded and for which
	// the file watcher has not called reloadChanged since.
	reloadedByRemote map[string]bool
}

// New makes an engine. It loads no script and opens no connection; Run does. It returns an error
// when opts contains a mistake.
func New(opts Options) (*Engine, error) {
	if opts.Bus == nil {
		opts.Bus = new(bus.Bus)
	}
	if opts.Screen == nil {
		opts.Screen = screen.New(nil)
	}
	opts.Screen.Observe(func(e screen.Event) { opts.Bus.Publish(bus.FromScreen(e)) })
	e := &Engine{opts: opts, bus: opts.Bus, turns: dialog.NewTurns(), remote: new(remote.Remote), reloadedByRemote: map[string]bool{}}
	if opts.Target.IsLocal() {
		e.turns.AllowSlowReplies()
	}
	e.approvals = &script.Approvals{
		Listens: func() bool { return e.scripts.Listens(script.ApprovalEvent) },
		Publish: func(q script.Question) { e.bus.Publish(approvalEvent(q)) },
	}
	scripts := script.Options{
		Slots: opts.Slots, Heap: opts.Heap, Limits: opts.Limits, Debugger: opts.Debugger,
		Events: eventNames(), Emit: e.remote.Raise,
		Conversation: e.remote, Sounds: e.remote.Sounds(),
		Globals: opts.Globals, Permissions: opts.Permissions, Screen: opts.Screen,
		Print: func(name, text string) { e.bus.Publish(bus.Event{Type: bus.Print, Script: name, Text: text}) },
		Log:   e.bus.Log,

		MCPServers: opts.MCPServers, Approvals: e.approvals, Offloader: opts.Offloader, Jobs: opts.Jobs, Fleet: opts.Member,
		JobDone:         func(name string, r tool.JobResult) { e.bus.Publish(bus.FromJob(name, r)) },
		WantsActivities: func() bool { return e.bus.Wants(bus.Activity, "") },
		Activity: func(name, tab string, fields map[string]any, count int) {
			e.bus.Publish(bus.Event{Type: bus.Activity, Script: name, Tab: tab, Fields: fields, Count: count})
		},
		ToolsChanged: func(s script.Summary) { e.bus.Publish(loadedEvent(bus.ToolsChanged, s, 0)) },
	}
	if opts.Pins != nil {
		scripts.Pins = opts.Pins
	}
	if opts.Fleet != nil {
		scripts.Permissions.Home = opts.Fleet.Home
	}
	e.scripts = script.New(scripts)
	err := opts.connect(e).Check()
	if err == nil && opts.Voice != nil {
		e.voice, err = voice.FromSettings(*opts.Voice, e.bus, e.startOnWake)
	}
	if err != nil {
		e.close()
		return nil, err
	}
	lifeOpts := life.Options{
		Open: e.open, Bus: e.bus,
		Wait: opts.Wait, Retry: opts.Retry, Reconnect: opts.Reconnect, StartsPerHour: opts.StartsPerHour,
	}
	if e.voice != nil {
		lifeOpts.ExpectPreroll, lifeOpts.ForgetPreroll = e.voice.Expect, e.voice.Forget
	}
	e.life = life.New(lifeOpts)
	parts := remote.Parts{
		Bus: e.bus, Scripts: e.scripts, Life: e.life, Turns: e.turns, Voice: e.voice,
		Pins: opts.Pins, Screen: opts.Screen, Approvals: e.approvals,
		Speak: opts.LocalAgent.TTS, Transcribe: opts.LocalAgent.STT,
		Reload: e.reloadScripts, ReloadChanged: e.reloadChangedScripts, Events: eventNames(),
	}
	if opts.Fleet != nil {
		parts.Fleet = opts.Fleet.Health
	}
	e.user = &user{run: opts.User, remote: e.remote, done: e.life.Stop}
	e.remote.Connect(parts)
	e.bus.Attach(scriptReceiver(e.scripts))
	e.bus.Attach(bus.Receiver{
		Wants:   func(t bus.Type, _ string) bool { return t == bus.User },
		Receive: func(bus.Event) { opts.Screen.Heard() },
	})
	return e, nil
}

// Remote returns the Remote that drives this agent.
func (e *Engine) Remote() *remote.Remote { return e.remote }

// Run loads the scripts and runs conversations. It runs one conversation. With Options.Wait, it
// runs one for each Start. With Options.Reconnect, it opens another one when one was cut off. Run
// ends after the last conversation, after Stop, or when ctx is done. It then stops everything,
// which takes at most 2 s.
//
// Run returns nil when the conversation ended without an error, a *script.LoadError when a script
// cannot be loaded, a *dialog.EndedError when the connection broke, dialog.ErrAgentEnded when the
// agent ended the conversation before it had replied to the user, and otherwise the reason why there
// was no conversation. It may be called only once.
func (e *Engine) Run(ctx context.Context) error {
	defer e.close()
	var err error
	if e.connector, err = connect.New(e.opts.connect(e)); err != nil {
		return err
	}
	defer e.connector.Close()
	latency := e.bus.PublishLatency(e.voice != nil)
	defer latency.Close(time.Second)
	kind, url := e.connector.Target()
	e.bus.Publish(bus.Event{Type: bus.Connecting, Target: kind, URL: url})
	if err := e.load(ctx); errors.Is(err, script.ErrCancelled) {
		return endCause(ctx)
	} else if err != nil {
		return err
	}
	defer e.runFleet(ctx)()
	if e.voice != nil {
		// before the conversation, because opening a device may take a second or two
		e.voice.Start()
	}
	ending := e.life.Run(ctx)
	userErr := e.user.end()
	switch {
	case ending.How == life.CutOff || ending.How == life.Refused:
		return ending.Err
	case hasEnded(userErr) && ending.How == life.Closed:
		return dialog.ErrAgentEnded
	case hasEnded(userErr):
	case userErr != nil:
		return userErr
	}
	return endCause(ctx)
}

// endCause returns the cause of ctx if ctx is done for another reason than a cancellation.
func endCause(ctx context.Context) error {
	if cause := context.Cause(ctx); cause != nil && !errors.Is(cause, context.Canceled) {
		return cause
	}
	return nil
}

// hasEnded reports whether err says that something was not possible because the conversation had
// ended. Which of these errors occurs depends on the moment at which the conversation ends.
func hasEnded(err error) bool {
	return errors.Is(err, context.Canceled) || errors.Is(err, dialog.ErrHungUp) || errors.Is(err, life.ErrNoConversation) || errors.Is(err, convai.ErrOver)
}

// Stop makes Run close the conversation normally and return nil. While the scripts load, Stop ends the
// load. Stop does not wait.
func (e *Engine) Stop() {
	e.life.Stop()
	e.scripts.Cancel()
}

// open opens a conversation. It is used as life.Options.Open.
func (e *Engine) open(ctx context.Context, start life.Start) (life.Conversation, life.Ending) {
	settings := start.Over(e.scripts.Agent().Over(e.opts.Agent))
	conv, err := e.connector.Open(ctx, settings)
	if err != nil {
		failed := life.Ending{How: life.CutOff, Err: err, Hint: Hint(err), RetryAfter: connect.RetryAfter(err)}
		if convai.EndingOf(err).Kind == convai.Refused {
			failed.How = life.Refused
		}
		return nil, failed
	}
	resume := ""
	if e.opts.Resume != nil {
		resume = e.opts.Resume()
	}
	opts := dialog.Options{
		Bus: e.bus, Scripts: e.scripts, Turns: e.turns, Voice: e.voice, Held: e.opts.Held,
		Idle: e.opts.Idle, MaxLength: e.opts.MaxLength,
		Greets:   e.opts.Target.IsLocal() && (settings.FirstMessage == nil || *settings.FirstMessage != ""),
		Shutdown: e.drain, Begun: e.begin,
		Connected: func() {
			e.life.Connected()
			if resume != "" {
				if err := e.remote.Context(resume, ""); err != nil {
					e.warn("the agent does not know the earlier conversation: " + err.Error())
				}
			}
			e.remote.SayPending()
		},
	}
	if !e.opts.Wait {
		opts.EndProgram = e.life.Stop
	}
	return &conversation{e, dialog.New(conv, opts), resume != ""}, life.Ending{}
}

// A conversation is a dialog. At the end, its Hold also takes the dialog away from the Remote.
type conversation struct {
	e *Engine
	*dialog.Dialog
	resumed bool // there was an earlier conversation, perhaps in another process
}

func (c *conversation) Hold(ctx context.Context, reconnected, preroll bool) life.Ending {
	defer c.e.remote.SetDialog(nil)
	return c.Dialog.Hold(ctx, reconnected || c.resumed, preroll)
}

// begin gives the verbs of e.remote the dialog d, which has begun, and starts the user when d is the
// first dialog.
func (e *Engine) begin(d *dialog.Dialog) {
	e.remote.SetDialog(d)
	e.user.start()
}

// startOnWake begins a conversation after somebody has said a wake word. It does nothing without
// Options.Wait, or when a script handles the Wake event itself.
func (e *Engine) startOnWake() {
	if !e.opts.Wait || e.scripts.Listens(bus.Of(bus.Wake).Script) {
		return
	}
	if err := e.life.Start(life.Start{Preroll: true}); err != nil {
		e.bus.Log("", slog.LevelInfo, "wake word: "+err.Error())
	}
}

// load loads the scripts and starts the file watcher. When ctx is done, load returns
// script.ErrCancelled at once.
func (e *Engine) load(ctx context.Context) error {
	defer context.AfterFunc(ctx, e.scripts.Cancel)()
	began := time.Now()
	load, paths := e.scripts.Load, e.opts.Scripts
	if e.opts.Fleet != nil {
		load, paths = e.loadFleet, nil
	}
	all, err := load(paths...)
	if err != nil {
		return err
	}
	for _, s := range all {
		e.bus.Publish(loadedEvent(bus.Loaded, s, time.Since(began)))
	}
	e.setPaths(all)
	return nil
}

// setPaths records which scripts run, and watches the files of these from now on. The files of a bundle
// are not watched, because nobody changes them.
func (e *Engine) setPaths(all []script.Summary) {
	e.mu.Lock()
	w := e.watcher
	e.watcher, e.paths = nil, nil
	for _, s := range all {
		e.paths = append(e.paths, s.Path)
	}
	paths := e.paths
	e.mu.Unlock()
	if w != nil {
		w.Close()
	}
	isGiven := func(path, given string) bool { return path == filepath.Clean(given) }
	if !e.opts.Watch || len(paths) == 0 || !slices.EqualFunc(paths, e.opts.Scripts, isGiven) {
		return
	}
	w = filewatch.New(paths, e.scripts.Files, e.reloadChanged, e.warn)
	e.mu.Lock()
	e.watcher = w
	e.mu.Unlock()
}

// warn writes a warning to the log.
func (e *Engine) warn(text string) { e.bus.Log("", slog.LevelWarn, text) }

func loadedEvent(t bus.Type, s script.Summary, took time.Duration) bus.Event {
	ev := bus.Event{Type: t, Script: s.Name(), Seconds: took.Seconds()}
	for _, spec := range s.Tools {
		ev.Tools = append(ev.Tools, spec.Name)
	}
	return ev
}

// approvalEvent returns the event for a question whether a tool of an MCP server may be called.
func approvalEvent(q script.Question) bus.Event {
	hint := ""
	switch {
	case q.Typed && q.Before > 0:
		hint = "type y or n after you have answered what was asked before"
	case q.Typed:
		hint = "type y or n"
	case q.Attended:
		hint = "answer in the inspector"
	}
	return bus.Event{
		Type: bus.Approval, Hint: hint, Tool: q.Tool, CallID: q.ID, Args: q.Arguments, Seconds: q.Timeout.Seconds(),
		Text:    q.Text(),
		Message: &bus.Message{Name: script.ApprovalEvent, Fields: q.Fields()},
	}
}

// drain waits at most drainTimeout for the running tool calls, answers those that have not
// finished, and unloads the scripts.
func (e *Engine) drain() {
	ctx, cancel := context.WithTimeout(context.Background(), drainTimeout)
	defer cancel()
	e.scripts.Drain(ctx)
	e.scripts.Close()
}

// close stops the parts. A part that uses another one is stopped first.
func (e *Engine) close() {
	e.mu.Lock()
	w := e.watcher
	e.watcher = nil
	e.mu.Unlock()
	e.scripts.Cancel() // so that the file watcher does not wait for a reload
	if w != nil {
		w.Close()
	}
	e.drain()
	if e.voice != nil {
		if err := e.voice.Close(); err != nil {
			e.bus.Log("", slog.LevelWarn, err.Error())
		}
	}
}

// Hint returns one suggestion to the user about an error of Run, Call, Check or Serve, empty when
// there is none.
func Hint(err error) string {
	var load *script.LoadError
	if errors.As(err, &load) {
		return load.Hint
	}
	return connect.Hint(err)
}

// eventNames returns the names that the Lua function on() knows: the messages of the protocol and
// Moonlark's own events.
func eventNames() []string { return append(convai.KnownServerTypes(), bus.ScriptNames()...) }
