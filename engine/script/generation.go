package script

import (
	"fmt"
	"log/slog"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	lua "github.com/yuin/gopher-lua"
	luar "layeh.com/gopher-luar"

	"moonlark/engine/agent"
	"moonlark/engine/tool"
	"moonlark/luastd"
)

// A generation is one loaded copy of a script, with its own Lua state.
type generation struct {
	scripts *Scripts // whose it is
	path    string   // of the script
	x       *executor

	pause time.Duration // fixed: how long it rests once it has been published

	// Written while the script loads, by its executor; fixed after that.
	tools    []*offer
	handlers map[string][]*lua.LFunction
	onStart  []*lua.LFunction
	onUnload []*lua.LFunction
	agent    *agentSettings // nil when the script says nothing of it

	// Guarded by the mutex of the scripts.
	calls    map[*Call]struct{} // not yet ended
	retired  bool               // a newer one is in use
	renewing string             // why it cannot be used: a newer one is being loaded, or it rests; "" while it can

	// The executor goroutine's own.
	stage   stage
	modules map[string]*module
	timers  map[*timer]struct{}
	pending []func() // timers and functions to start once it is in use
	spawned int      // how many of them are functions
	callMT  *lua.LTable
	origin  snapshot  // what `state` was when the script began to load
	parting *snapshot // what it was when the next generation took over; nil before

	excessive atomic.Bool // it is replaced because it holds too much memory

	globals  []string      // fixed: what the script finds when it begins
	unloaded chan struct{} // closed when it no longer acts by itself

	filesMu sync.Mutex
	sources map[string][]byte // by path: the texts of the script and its modules
	files   map[string]File   // the script, and what it required or tried to, by path
}

// A stage is how far a generation has come.
type stage uint8

const (
	loading  stage = iota // its top level runs
	loaded                // nothing can be registered any more
	inUse                 // it has been published
	stepping              // it runs on_unload, or has: only its calls go on
)

// An offer is one tool of a generation.
type offer struct {
	gen     *generation
	spec    *tool.Spec
	handler *lua.LFunction
}

// agentSettings are what a script says about the agent, and where.
type agentSettings struct {
	agent.Settings
	place string
}

// everyEvent is what on() calls all of them.
const everyEvent = "*"

// listens says whether the script handles events of this type.
func (g *generation) listens(event string) bool {
	return len(g.handlers[event]) > 0 || len(g.handlers[everyEvent]) > 0
}

// build loads the script at path beside whatever runs, with origin as its
// `state`. It blocks until the top level has returned, or failed, or used up
// its time; the errors are LoadErrors.
func (s *Scripts) build(path string, origin snapshot) (*generation, error) {
	g := &generation{
		scripts:  s,
		path:     path,
		handlers: make(map[string][]*lua.LFunction),
		calls:    make(map[*Call]struct{}),
		modules:  make(map[string]*module),
		timers:   make(map[*timer]struct{}),
		origin:   origin,
		unloaded: make(chan struct{}),
		files:    make(map[string]File),
		sources:  make(map[string][]byte),
	}
	g.depend(path)
	proto, source, err := compile(path)
	if err != nil {
		return g, err
	}
	g.x = newExecutor(s.opts.Slots, g.fault, g.deliver)
	if len(s.opts.Globals) > 0 {
		g.x.hook.alive = make(chan struct{})
	}
	g.x.limits = s.opts.Limits.complete()
	g.x.heap = s.opts.Heap
	g.x.onExcess = func(why string) {
		g.excessive.Store(true)
		s.renew(g, why)
	}
	g.x.warn = func(text string) { g.log(slog.LevelWarn, text) }
	g.furnish()
	g.keep(path, source)
	g.x.heap.add(g.x)
	go func() {
		g.x.run()
		g.x.heap.remove(g.x)
	}()
	s.try(g)
	defer s.try(nil)
	if err := g.runTopLevel(proto); err != nil {
		g.x.close()
		return g, g.loadError(err)
	}
	g.warnOfGlobals(source)
	return g, nil
}

// try notes which generation is being loaded: Drain ends that.
func (s *Scripts) try(g *generation) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.trying = g; g != nil && s.closed {
		g.giveUp(shuttingDown.Text)
	}
}

// giveUp ends all that a generation does, its top level too if that still runs.
// Any goroutine may call it.
func (g *generation) giveUp(why string) {
	g.x.retire(why)
	g.x.box.put(&message{do: func() {
		for t := range g.x.tasks {
			g.x.killTask(t, why)
		}
	}})
}

// furnish puts into the fresh state everything that a script can use. The
// executor has not started yet.
func (g *generation) furnish() {
	L := g.x.root
	luastd.Open(L, g)
	openCoroutines(L, g.x)
	openProtected(L, g.x)
	L.SetGlobal("require", L.NewFunction(g.require))
	L.SetGlobal("state", L.NewTable())
	for name, value := range g.scripts.opts.Globals {
		L.SetGlobal(name, luar.New(L, value))
	}
	g.openCalls(L)
	g.restore(g.origin)
	L.G.Global.ForEach(func(k, _ lua.LValue) { g.globals = append(g.globals, k.String()) })
}

// runTopLevel runs the script itself, as a task.
func (g *generation) runTopLevel(proto *lua.FunctionProto) error {
	failed := make(chan error, 1)
	t := &task{
		name: "the script's top level",
		args: noArgs,
		end: func(_ *lua.LState, err error) {
			g.stage = loaded
			failed <- err
		},
	}
	limit := g.scripts.opts.LoadTimeout
	late := time.AfterFunc(limit, func() {
		g.x.killSoon(t, fmt.Sprintf("the top level took longer than %v to load", limit))
	})
	defer late.Stop()
	g.x.box.put(&message{do: func() {
		t.fn = g.x.root.NewFunctionFromProto(proto)
		g.x.start(t)
	}})
	return <-failed
}

// name is what the script is called in what people read.
func (g *generation) name() string { return filepath.Base(g.path) }

func (g *generation) log(level slog.Level, text string) {
	g.scripts.opts.Log(g.name(), level, text)
}

// fault deals with a Go panic that came out of Lua: nobody knows what it has
// left of the state, so that is not used any more. It runs on the executor's
// goroutine.
func (g *generation) fault(f *fault) {
	g.log(slog.LevelDebug, fmt.Sprintf("%v\n%s", f, f.stack))
	g.scripts.renew(g, fmt.Sprintf("the Lua state crashed (%v)", f))
}

// deliver starts the handlers of an event. It runs on the executor's goroutine.
func (g *generation) deliver(e *Event) {
	if n := g.x.box.takeDropped(); n > 0 {
		g.log(slog.LevelWarn, fmt.Sprintf("%d events were dropped: the handlers are too slow for them", n))
	}
	if g.stage != inUse {
		return
	}
	for _, fn := range slices.Concat(g.handlers[e.Type], g.handlers[everyEvent]) {
		t := g.newTask("on "+e.Type, fn, func(L *lua.LState) (int, error) { return e.push(L) })
		t.limit = g.x.limits.Handler
		g.x.start(t)
	}
}

// newTask makes a task that answers nobody: what it raises goes to the log.
func (g *generation) newTask(name string, fn *lua.LFunction, args func(*lua.LState) (int, error)) *task {
	return &task{name: name, fn: fn, args: args, end: func(_ *lua.LState, err error) { g.report(name, fn, err) }}
}

// report logs how a task that answers nobody has ended. That it was stopped is
// to be seen unless it was so because its generation has ended.
func (g *generation) report(name string, fn *lua.LFunction, err error) {
	killed, ok := err.(killedError)
	switch {
	case err == nil:
	case !ok:
		g.log(slog.LevelError, name+": "+g.explain(err))
	case g.stage == stepping || g.x.retired.Load() != nil || g.x.closing.Load() != nil:
		g.log(slog.LevelDebug, name+": stopped: "+killed.Error())
	default:
		text := name + ": stopped: " + killed.Error()
		if !strings.Contains(text, ".lua:") && !fn.IsG { // the error was held, or the task did not run
			text += fmt.Sprintf(", in the function at %s:%d", fn.Proto.SourceName, fn.Proto.LineDefined)
		}
		g.log(slog.LevelWarn, text)
	}
}

func noArgs(*lua.LState) (int, error) { return 0, nil }

// callEnded forgets a call whose task has ended. A retired generation ends with
// its last call.
func (g *generation) callEnded(c *Call) {
	s := g.scripts
	s.mu.Lock()
	defer s.mu.Unlock()
	delete(g.calls, c)
	s.endIfDrained(g)
}
