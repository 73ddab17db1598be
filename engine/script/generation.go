package script

import (
	"fmt"
	"log/slog"
	"path/filepath"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	lua "github.com/yuin/gopher-lua"

	"moonlark/engine/permit"
	"moonlark/engine/script/debug"
	"moonlark/engine/script/vm"
	"moonlark/luastd"
	"moonlark/luastd/zone"
)

// A generation is one loaded copy of a script, with its own Lua state.
type generation struct {
	scripts *Scripts
	path    string // path of the script
	x       *vm.Executor
	// debugged stops the generation at breakpoints; nil without Options.Debugger
	debugged *debug.Script

	// startDelay is how long the script waits before it starts, because it has crashed. It never
	// changes after publish.
	startDelay time.Duration
	recoveries int // number of crashes of the script that led to startDelay; never changes after publish
	// initialState is the content of the Lua table `state` when the script began to load. It never
	// changes.
	initialState snapshot
	// globals are the names of the globals that the script has when it begins to load. It never
	// changes.
	globals []string

	// The fields below are set on the executor's goroutine while the script loads. They never
	// change afterwards.
	offers   []*offer                    // the tools, resources and prompts
	handlers map[string][]*lua.LFunction // event handlers by event type
	onStart  []*lua.LFunction
	onUnload []*lua.LFunction
	agent    *agentSettings // settings from agent(); nil if the script does not call agent()
	toolsets []*toolset     // sets of tools that can change

	// Scripts.mu guards the fields below.
	calls      map[*Call]struct{}    // tool calls whose task has not ended
	continuing map[*vm.Task]struct{} // tasks that continue when the generation is replaced, and have not ended
	replaced   bool                  // a newer generation of the script is in use
	// why the tools cannot be called now, a text for the agent; "" if they can be called
	outage string

	// The fields below belong to the executor's goroutine.
	stage     stage
	modules   map[string]*module
	requiring map[*vm.Task]*module // the module that each task in require waits for
	library   *luastd.Library      // the modules that the Lua state has
	permit    *permit.Broker       // what the script may reach
	// leavePermit says that the generation does not use permit any more
	leavePermit func()
	claims      *claims // what the script has open, whatever generation has opened it
	zones       *zone.Zones
	// packageTable is the Lua table package; nil while no code of the script mentions it.
	packageTable *lua.LTable
	timers       map[*timer]struct{}
	unsetClock   bool // noteClock has logged that the clock has not been set
	// pending are the functions that start the timers and spawned functions of the top level. They
	// run when the generation starts.
	pending []func()
	// pendingSpawn is the number of pending functions that start spawned functions.
	pendingSpawn  int
	callMT        *lua.LTable
	leases        int      // number of claims that have not been released; the mutex of claims guards it
	pendingClaims []*lease // the claims of the top level, which are met when the generation starts
	// finalState is the content of `state` when the next generation was published, or nil before.
	finalState *snapshot

	// tooMuchMemory is set when the generation is being replaced because it uses too much memory.
	tooMuchMemory atomic.Bool
	unloaded      chan struct{} // closed when on_unload has run

	owned  owned         // what the script has left open
	budget luastd.Budget // what the modules keep in memory for the script
	drops  drops         // what the modules have dropped

	filesMu sync.Mutex        // guards the fields below
	sources map[string][]byte // source texts of the script and its modules, by path
	// files are the files that the script depends on, by path: the script itself, and each file
	// that it required or tried to require.
	files map[string]File
}

// A stage is a part of a generation's life. The stages follow each other in this order.
type stage uint8

const (
	stageLoading stage = iota // the top level of the script runs
	// the top level has returned; register_tool and on raise an error from now on
	stageLoaded
	stageInUse     // the generation handles tool calls and events, and its timers run
	stageUnloading // on_unload runs or has run; only tool calls still run
)

// name returns the file name of the script, for messages to the user.
func (g *generation) name() string { return filepath.Base(g.path) }

// log writes text to the log, with the name of the script. Any goroutine may call it.
func (g *generation) log(level slog.Level, text string) {
	g.scripts.opts.Log(g.name(), level, g.permit.Mask(text))
}

// handleItem handles a tool call or an event from the mailbox. It runs on the executor's goroutine.
func (g *generation) handleItem(item any) {
	switch item := item.(type) {
	case *Call:
		item.begin()
	case *Event:
		g.handleEvent(item)
	}
}

// newTask returns a task that runs fn with the arguments that args pushes. If the task fails, the
// error is logged.
func (g *generation) newTask(name string, fn *lua.LFunction, args func(*lua.LState) (int, error)) *vm.Task {
	return &vm.Task{Name: name, Fn: fn, Args: args, End: func(_ *lua.LState, err error) { g.report(name, fn, err) }}
}

// report logs err, with which the task that ran fn has ended. If err is nil, it logs nothing. A
// killed task is logged as a warning, but only at debug level if the task was killed because its
// generation ends.
func (g *generation) report(name string, fn *lua.LFunction, err error) {
	killed, ok := err.(*vm.KilledError)
	switch {
	case err == nil:
	case !ok:
		text := name + ": " + g.explainWithFrames(err)
		g.log(slog.LevelError, text)
		g.scripts.opts.Failed(g.name(), g.permit.Mask(text))
	case g.stage == stageUnloading || g.x.Stopping():
		g.log(slog.LevelDebug, name+": stopped: "+errorText(killed))
	default:
		text := name + ": stopped: " + errorText(killed)
		// The error has no line of the script if the script caught the error that killed it, or if
		// the task did not run.
		if !strings.Contains(text, ".lua:") && !fn.IsG {
			text += fmt.Sprintf(", in the function at %s:%d", fn.Proto.SourceName, fn.Proto.LineDefined)
		}
		g.log(slog.LevelWarn, text)
		g.scripts.opts.Failed(g.name(), g.permit.Mask(text))
	}
}

// stopTasks kills all tasks of the generation that have started, and those that start later. Any
// goroutine may call it.
func (g *generation) stopTasks(reason string) {
	g.x.Retire(reason)
	g.x.Post(func() { g.x.KillTasks(reason, func(*vm.Task) bool { return true }) })
}
