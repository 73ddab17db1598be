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
	"math/rand/v2"
	"net/url"
	"sync"
	"time"

	"moonlark/audio/device"
	"moonlark/engine/convai"
	"moonlark/engine/event"
	"moonlark/engine/localagent"
	"moonlark/engine/script"
	"moonlark/engine/tool"
	"moonlark/engine/voice"
)

// A Target says where the conversation is held. At most one of the two is set;
// with neither, it is with the embedded agent.
type Target struct {
	Agent string // the id of an ElevenLabs agent
	URL   string // a WebSocket URL, used as it stands
}

// Options say what an engine runs. Only Scripts has no default that works.
type Options struct {
	Scripts []string // paths of Lua files
	Target  Target

	// Show is told what happens, in order, on a goroutine of its own. Nil
	// shows nothing.
	Show func(event.Event)

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

	// Retry makes Run try again when the first connection fails, until it
	// succeeds: for a device that boots before its network.
	Retry bool

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
	watcher *watcher // nil when nothing is watched
	turns   *turnTracker
	voice   *voice.Voice  // nil without sound, as is
	devices *device.Sound // what it is made of

	mu   sync.Mutex // guards what follows
	talk *talk      // the conversation; nil before it and after it
	stop context.CancelCauseFunc

	leaving sync.WaitGroup // goroutines that end the conversation for a script
}

// New makes an engine. Nothing is loaded or connected before Run. The error is
// a mistake in opts.
func New(opts Options) (*Engine, error) {
	if opts.Show == nil {
		opts.Show = func(event.Event) {}
	}
	if opts.Target.Agent != "" && opts.Target.URL != "" {
		return nil, errors.New("an agent and a URL exclude each other")
	}
	if opts.Target.URL != "" {
		if err := convai.CheckURL(opts.Target.URL); err != nil {
			return nil, err
		}
	}
	e := &Engine{opts: opts, out: newOutput(opts.Show), turns: newTurnTracker()}
	e.scripts = script.New(script.Options{
		Slots:   opts.Slots,
		Heap:    opts.Heap,
		Limits:  opts.Limits,
		Session: session{e},
		Events:  eventNames(),
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
	return append(convai.KnownServerTypes(), orphanedResult, speaking, spoken, silent, level)
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
		e.watcher, err = watch(e.opts.Scripts, e.scripts.Files, e.reload)
		if err != nil {
			e.log("", slog.LevelWarn, fmt.Sprintf("changes will not be seen: %v", err))
		}
	}
	return nil
}

// reload is called by the watcher, on its goroutine.
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

// Run says where it connects, loads the scripts, opens the conversation and carries it until it is
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

	dial, target, err := e.prepare()
	if err != nil {
		return err
	}
	if target.server != nil {
		defer closeServer(target.server)
	}
	e.out.post(event.Event{Type: event.Connecting, Target: target.kind, URL: redact(dial.URL)})
	if err := e.load(); err != nil {
		return err
	}
	if e.voice != nil {
		e.voice.Start() // now, since a device may take a second or two to open
	}
	conversation, err := e.connect(ctx, dial)
	if err != nil {
		if ctx.Err() != nil {
			return endedBy(ctx)
		}
		return err
	}
	return e.converse(ctx, conversation)
}

// A destination is where Run connects to.
type destination struct {
	kind   string             // "local", "agent" or "url"
	server *localagent.Server // the embedded agent, if that is it
}

func (e *Engine) prepare() (convai.Options, destination, error) {
	dial := convai.Options{Log: slog.New(logHandler{e: e})}
	if e.opts.TextOnly {
		yes := true
		dial.Initiation = &convai.ConversationInitiationClientData{
			Override: &convai.ConversationConfigOverride{Conversation: &convai.ConversationOverride{TextOnly: &yes}},
		}
	}
	switch {
	case e.opts.Target.URL != "":
		dial.URL = e.opts.Target.URL
		return dial, destination{kind: "url"}, nil
	case e.opts.Target.Agent != "":
		dial.URL = convai.AgentURL("", e.opts.Target.Agent)
		return dial, destination{kind: "agent"}, nil
	}
	server, err := e.listen("127.0.0.1:0", e.scripts.Tools)
	if err != nil {
		return dial, destination{}, fmt.Errorf("the embedded agent: %w", err)
	}
	dial.URL = server.URL()
	return dial, destination{kind: "local", server: server}, nil
}

// listen starts the embedded agent with these tools.
func (e *Engine) listen(addr string, tools func() []*tool.Spec) (*localagent.Server, error) {
	opts := e.opts.LocalAgent
	opts.Tools = tools
	opts.Log = slog.New(logHandler{e: e, part: "embedded agent: "})
	opts.WordPace = wordPace
	return localagent.Listen(addr, opts)
}

func closeServer(s *localagent.Server) error {
	ctx, cancel := context.WithTimeout(context.Background(), goodbyeTime)
	defer cancel()
	return s.Close(ctx)
}

// wordPace is how fast the embedded agent writes.
const wordPace = 15 * time.Millisecond

// redact leaves out of a URL what must not be shown: a signature, a password.
func redact(text string) string {
	u, err := url.Parse(text)
	if err != nil {
		return ""
	}
	u.User = nil
	if q := u.Query(); q.Has("conversation_signature") || q.Has("token") {
		q.Del("conversation_signature")
		q.Del("token")
		u.RawQuery = q.Encode()
	}
	return u.String()
}

// connect opens the conversation, again and again with Retry.
func (e *Engine) connect(ctx context.Context, dial convai.Options) (*convai.Conversation, error) {
	wait := time.Second
	for {
		conversation, err := convai.Dial(ctx, dial)
		if err == nil || ctx.Err() != nil || !e.opts.Retry || hopeless(err) {
			return conversation, err
		}
		pause := wait/2 + rand.N(wait/2)
		e.out.post(event.Event{Type: event.Retrying, Text: err.Error(), Hint: Hint(err), Seconds: pause.Seconds()})
		select {
		case <-time.After(pause):
		case <-ctx.Done():
			return nil, context.Cause(ctx)
		}
		wait = min(2*wait, 30*time.Second)
	}
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
	e.out.close(time.Second)
}
