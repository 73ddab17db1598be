// Package engine is one running agent: its scripts, its conversation and what
// is shown of them, put together.
//
// The goroutines of an engine: the one that called Run reads the socket and
// never blocks; the conversation's writer; the executor of each script; the
// output, which shows events; the file watcher; those of the voice. Each is
// ended by Run or Close.
package engine

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"slices"
	"sync"
	"sync/atomic"
	"time"

	"moonlark/audio/device"
	"moonlark/engine/agent"
	"moonlark/engine/convai"
	"moonlark/engine/event"
	"moonlark/engine/health"
	"moonlark/engine/localagent"
	"moonlark/engine/rest"
	"moonlark/engine/script"
	"moonlark/engine/voice"
)

// A Target says where the conversation is held. At most one of the three is set;
// with none, it is with the embedded agent.
type Target struct {
	Agent         string // the id of an ElevenLabs agent
	URL           string // a WebSocket URL, used as it stands
	SignedURLFrom string // an HTTP URL that gives such a WebSocket URL, for each conversation anew
}

// Options say what an engine runs. Only Scripts has no default that works.
type Options struct {
	Scripts []string // paths of Lua files
	Target  Target

	// Show is told what happens, in order, on a goroutine of its own. Nil
	// shows nothing.
	Show func(event.Event)

	// Status is told what Status says, and why, whenever that changes. It is
	// called on the goroutine of Run and must not block. The first time, all
	// scripts have been loaded. Nil: nobody is.
	Status func(status, reason string)

	// OwnEvents says that Raise will be called: then scripts may listen for
	// events of any name.
	OwnEvents bool

	// Talk is the user's side of the conversation. It runs on a goroutine of
	// its own while the conversation does, with a context that ends with it;
	// when it returns, the conversation is ended, and its error is Run's.
	// Nil leaves the conversation to the agent and the scripts.
	Talk func(context.Context, *Engine) error

	// Voice is the speaker and the microphone. Nil means that there is no sound.
	Voice *Voice

	// TextOnly asks the agent for text instead of speech. The embedded agent
	// allows it; another closes the conversation unless it is enabled there.
	TextOnly bool

	// LocalAgent is how the embedded agent is: how it speaks and hears, above
	// all. The zero value only writes. Its Tools, Log and WordPace are the
	// engine's.
	LocalAgent localagent.Options

	// Agent is how the agent is to be different from what it is configured to
	// be. What the scripts say goes over it.
	Agent agent.Settings

	// Connection says how an agent of ElevenLabs is reached.
	Connection Connection

	// Wait leaves it to the scripts to begin conversations, with session.start:
	// as many as they like, one after the other.
	Wait bool

	// Retry makes Run try again when the first connection fails, until it
	// succeeds: for a device that boots before its network.
	Retry bool

	// Reconnect begins another conversation when one was cut short, unless by
	// something that trying again cannot mend.
	Reconnect bool

	// StartsPerHour bounds how many conversations are begun, since each costs.
	// Zero means 60.
	StartsPerHour int

	// Idle and Longest end a conversation: when the user has said nothing for so
	// long, and when it has lasted so long. Zero means never.
	Idle, Longest time.Duration

	// Watch reloads a script when one of its files is saved.
	Watch bool

	// Globals are Go values and functions that every script sees under these
	// names, through gopher-luar. A function is called on the script's
	// executor, holding its run slot: it must not block. A Lua function that it
	// calls back is bounded as any other, but keeps the slot until it waits or
	// returns, and only while the Go function runs may it be called.
	// All scripts share the values, and use them at the same time.
	Globals map[string]any

	// Env is asked for the environment variables that scripts may read, beside
	// those whose names begin with MOONLARK_. Nil has none.
	Env func(name string) (string, bool)

	// Slots are the process's run slots, to be given to all its engines, and
	// Heap its bound on memory. Nil makes some for this one.
	Slots *script.Slots
	Heap  *script.Heap

	// Limits bound what one task of a script may do.
	Limits script.Limits
}

// An Engine holds one conversation after its scripts have been loaded. Its
// methods may be called from any goroutine, but not from Show.
type Engine struct {
	opts    Options // fixed
	out     *output
	scripts *script.Scripts
	turns   *turnTracker
	voice   *voice.Voice  // nil without sound, as is
	devices *device.Sound // what it is made of

	mu       sync.Mutex // guards what follows
	watcher  *watcher   // nil when nothing is watched
	talk     *talk      // the conversation; nil before it and after it
	stop     context.CancelCauseFunc
	quit     context.CancelCauseFunc // gives up a conversation that is waited for; nil when none is
	unwanted bool                    // the next one that is waited for has been given up already
	status   string                  // see life.go, as the next two
	since    time.Time               // when it became that
	reason   string                  // why
	wanted   *start                  // a script has asked for a conversation
	begun    []time.Time             // when conversations were, in the last hour

	wake chan struct{} // has a value when wanted has been set

	speaker, microphone atomic.Pointer[health.Device] // nil before the first was heard of

	lastShow time.Duration  // Run's: how long what is still to be shown may take
	leaving  sync.WaitGroup // goroutines that end the conversation for a script
}

// New makes an engine. Nothing is loaded or connected before Run. The error is
// a mistake in opts.
func New(opts Options) (*Engine, error) {
	if opts.Show == nil {
		opts.Show = func(event.Event) {}
	}
	if opts.Status == nil {
		opts.Status = func(string, string) {}
	}
	if n := len(slices.DeleteFunc([]string{opts.Target.Agent, opts.Target.URL, opts.Target.SignedURLFrom}, func(s string) bool { return s == "" })); n > 1 {
		return nil, errors.New("an agent, a URL and a place to get one from exclude each other")
	}
	if opts.Target.URL != "" {
		if err := convai.CheckURL(opts.Target.URL); err != nil {
			return nil, err
		}
	}
	if err := opts.Connection.check(); err != nil {
		return nil, err
	}
	if from := opts.Target.SignedURLFrom; from != "" {
		if err := rest.CheckSource(from); err != nil {
			return nil, err
		}
	}
	e := &Engine{opts: opts, out: newOutput(opts.Show), turns: newTurnTracker(), wake: make(chan struct{}, 1)}
	e.scripts = script.New(script.Options{
		Slots:  opts.Slots,
		Heap:   opts.Heap,
		Limits: opts.Limits,
		Events: eventNames(), OwnEvents: opts.OwnEvents,

		Conversation: session{e},

		Globals: opts.Globals,
		Env:     opts.Env,
		Print:   func(name, text string) { e.out.post(event.Event{Type: event.Print, Script: name, Text: text}) },
		Log:     e.log,
	})
	if opts.Voice != nil {
		if err := e.makeVoice(*opts.Voice); err != nil {
			e.close()
			return nil, err
		}
	}
	return e, nil
}

// eventNames are the names that on() knows: what a server sends, and our own.
func eventNames() []string {
	return append(convai.KnownServerTypes(), orphanedResult, speaking, spoken, silent, level, wakeEvent, listeningEvent,
		statusEvent, idleEvent, reconnectedEvent)
}

func (e *Engine) log(name string, level slog.Level, text string) {
	e.out.post(event.Event{Type: event.Log, Script: name, Level: levelName(level), Text: text})
}

func levelName(level slog.Level) string {
	switch {
	case level < slog.LevelInfo:
		return "debug"
	case level < slog.LevelWarn:
		return "info"
	case level < slog.LevelError:
		return "warn"
	}
	return "error"
}

// load loads the scripts and begins to watch them.
func (e *Engine) load() error {
	began := time.Now()
	all, err := e.scripts.Load(e.opts.Scripts...)
	if err != nil {
		return err
	}
	for _, s := range all {
		e.out.post(loadedEvent(event.Loaded, s, time.Since(began)))
	}
	if e.opts.Watch {
		w, err := watch(e.opts.Scripts, e.scripts.Files, e.reload)
		if err != nil {
			e.log("", slog.LevelWarn, fmt.Sprintf("changes will not be seen: %v", err))
		}
		e.mu.Lock()
		e.watcher = w
		e.mu.Unlock()
	}
	return nil
}

// reload is called by the watcher, on its goroutine, and by Reload.
func (e *Engine) reload(path string) {
	began := time.Now()
	s, err := e.scripts.Reload(path)
	if err != nil {
		e.out.post(reloadFailed(path, err))
		return
	}
	e.out.post(loadedEvent(event.Reloaded, s, time.Since(began)))
}

func loadedEvent(t event.Type, s script.Summary, took time.Duration) event.Event {
	ev := event.Event{Type: t, Script: s.Name(), Seconds: took.Seconds()}
	for _, spec := range s.Tools {
		ev.Tools = append(ev.Tools, spec.Name)
	}
	return ev
}

// Run says where it connects, loads the scripts and holds conversations: one, or
// with Wait as many as the scripts ask for, and with Reconnect another when the
// network has cut one short. It goes on until the conversation is
// over, or Stop is called, or ctx is done, and then ends it in good order,
// which takes 2 s at the most. It returns nil when the conversation ended as it
// should, and else what went wrong; a *script.LoadError before anything was
// connected. It can be called once.
func (e *Engine) Run(ctx context.Context) error {
	defer e.close()
	ctx, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	e.mu.Lock()
	e.stop = cancel
	e.mu.Unlock()

	to, err := e.destination()
	if err != nil {
		return err
	}
	if to.server != nil {
		defer closeServer(to.server)
	}
	e.out.post(event.Event{Type: event.Connecting, Target: to.kind, URL: redact(to.url)})
	if err := e.load(); err != nil {
		return err
	}
	if e.voice != nil {
		e.voice.Start() // now, since a device may take a second or two to open
	}
	err = e.live(ctx, to)
	if ctx.Err() == nil {
		e.lastShow = showTime // nobody is waiting for us to be gone
	}
	return err
}

// Stop asks Run to end the conversation in good order and return nil. It does
// not wait.
func (e *Engine) Stop() {
	e.mu.Lock()
	defer e.mu.Unlock()
	if e.stop != nil {
		e.stop(errStopped)
	}
}

// endedBy is what Run returns when its context is done.
func endedBy(ctx context.Context) error {
	if cause := context.Cause(ctx); cause != errStopped && !errors.Is(cause, context.Canceled) {
		return cause
	}
	return nil
}

// Say sends a user message. The error is that there is no conversation.
func (e *Engine) Say(text string) error { return e.say(text, e.send) }

func (e *Engine) say(text string, send func(convai.Message) error) error {
	if t := e.current(); t != nil {
		t.userSpoke()
	}
	e.turns.userSpoke()
	err := send(&convai.UserMessage{Text: text})
	if err != nil {
		e.turns.unsaid()
		return err
	}
	e.out.post(event.Event{Type: event.User, Text: text})
	return nil
}

// AwaitGreeting returns once the agent has spoken first, and been heard to the
// end of that if there is sound, or has kept quiet for a second.
func (e *Engine) AwaitGreeting(ctx context.Context) error {
	err := e.turns.awaitGreeting(ctx, e.voice != nil)
	if err == nil {
		e.drainVoice(ctx)
	}
	return err
}

// AwaitReply returns once the agent has finished with what was said last: it
// has replied, no tool call is unanswered, and all it said has been heard. The
// error is ErrNoReply when no reply comes within 30 s, and else ctx's.
func (e *Engine) AwaitReply(ctx context.Context) error {
	err := e.turns.awaitReply(ctx)
	if err == nil {
		e.drainVoice(ctx)
	}
	return err
}

// close ends what Run leaves.
func (e *Engine) close() {
	if e.watcher != nil {
		e.watcher.close()
	}
	drain, cancel := context.WithTimeout(context.Background(), drainTime)
	defer cancel()
	e.scripts.Drain(drain)
	e.scripts.Close()
	e.leaving.Wait()
	e.closeVoice()
	e.out.close(max(e.lastShow, time.Second))
}
