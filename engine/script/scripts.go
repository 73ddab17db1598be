// Package script loads Lua scripts and runs their tools, event handlers and timers.
//
// A script is one Lua file. Each loaded copy of a script is a generation, which has a Lua state and
// an executor of its own (see package vm). Only the executor's goroutine uses the state; other
// goroutines send messages to the executor.
//
// To load a script means to run its top level, which is the code of the file outside of functions.
// To publish a generation means to use it for new tool calls and events, in place of the generation
// before. A reload makes a new generation while the old one stays in use, and publishes the new one
// if the load succeeds.
//
// The package does not know how Moonlark is connected to the agent. A tool call comes in as a
// [Call], and its result goes out as a tool.Result.
package script

import (
	"encoding/json"
	"log/slog"
	"path/filepath"
	"slices"
	"sync"
	"time"

	"moonlark/engine/agentsettings"
	"moonlark/engine/clock"
	"moonlark/engine/mcpclient"
	"moonlark/engine/permit"
	"moonlark/engine/pins"
	"moonlark/engine/screen"
	"moonlark/engine/script/debug"
	"moonlark/engine/script/vm"
	"moonlark/engine/tool"
	"moonlark/luastd"
)

// Options are the settings of Scripts. The zero value works.
type Options struct {
	// Slots limits how many executors run Lua code at once. Nil makes new slots for these scripts.
	Slots *vm.Slots
	// Heap limits the memory of the process. Nil makes a Heap with the default limit.
	Heap *vm.Heap
	// Events are the event types of Moonlark. on() warns about a type that looks like a misspelt type
	// in Events.
	Events []string

	// Emit sends an event of the type name to the scripts that handle it. data is a JSON value. Emit is
	// called on the executors' goroutines. It returns an error if the name is not allowed. Nil means
	// that the event is only dispatched to these scripts.
	Emit func(name string, data json.RawMessage) error

	// Conversation is what the session module uses to talk to the agent. It is nil if there is no
	// agent.
	Conversation luastd.Conversation

	// Sounds are what the modules audio, tts and stt use. Nil means that there is no sound.
	Sounds luastd.Sounds

	// MCPServers are the MCP servers of other people that scripts can use. Nil means that there are none.
	MCPServers *mcpclient.Servers

	// Approvals are the questions whether tools of such servers may be called. Nil means that nobody can
	// answer them.
	Approvals *Approvals

	// Fleet is what the module fleet uses. Nil means that the program belongs to no fleet.
	Fleet luastd.Fleet

	// Offloader carries out the calls of tools with where = "worker". Nil means that the scripts themselves
	// do.
	Offloader tool.Offloader

	// Jobs carries out the jobs of tools with job = true. Nil means that the scripts themselves do.
	Jobs tool.Jobs

	// JobDone is called with the results of jobs that the scripts themselves have carried out, and with the
	// file name of the script. Any goroutine may call it, and it must not block. Nil means that the scripts
	// get the event job_done.
	JobDone func(script string, r tool.JobResult)

	// Modules are additional modules that every script has, besides the modules of luastd.
	Modules []luastd.Module

	// Globals are Go values and functions that every script has as globals, through gopher-luar.
	Globals map[string]any

	// Permissions are what the scripts may reach outside of the process.
	Permissions permit.Settings

	// Print is called with text that a script printed. Log is called with text that a script or
	// this package logs. Any goroutine may call them, and they must not block. If they are nil, the
	// text is dropped.
	Print func(script, text string)
	Log   func(script string, level slog.Level, text string)

	// Now returns the time of day, which scripts see. Any goroutine may call it. Nil means that
	// Clock shows the time of day.
	Now func() time.Time

	// Clock is the clock of timers, waits and timeouts. Nil means the clock of the machine.
	Clock clock.Clock

	// Fakes take the place of what is outside of the process, in a test of the scripts. Nil means that
	// nothing is faked.
	Fakes luastd.Fakes

	// Pins is a simulated GPIO chip, which takes the place of those of the machine. Nil means that
	// scripts use those of the machine.
	Pins pins.Board

	// Screen is what the pages of a kiosk show. Nil makes a screen without pages.
	Screen *screen.Screen

	// WantsActivities reports whether anybody wants to see the activities of modules, and Activity is
	// called with them: fields are the values of an activity by the names of the columns of a tab. nil
	// fields say that count activities were left out. Any goroutine may call both, and they must not
	// block. They are nil if nobody wants activities.
	WantsActivities func() bool
	Activity        func(script, tab string, fields map[string]any, count int)

	// Failed is called after an error of an event handler, a timer or another function without a
	// caller was logged. The errors of tool calls go to the agent instead. Failed can be called on
	// any goroutine. It may be nil.
	Failed func(script, text string)

	// ToolsChanged is called with what a script offers after its tools have changed without a reload.
	// It can be called on any goroutine, and must not block. It may be nil.
	ToolsChanged func(Summary)

	// Coverage counts how often each line of the scripts runs. Nil means that nothing is counted.
	Coverage *Coverage

	// Debugger can stop the scripts at breakpoints. Nil means that nobody can. Coverage must be nil if
	// Debugger is not.
	Debugger *debug.Debugger

	Limits Limits // time limits of tasks

	// LoadTimeout is how long the top level of a script may take. Zero means 5 s.
	LoadTimeout time.Duration
}

// Limits are the time limits of one task. For BurstWarning and Burst, only the time counts during
// which the task runs Lua code: neither the time that it waits in Await, nor the time that it waits
// for a run slot.
type Limits struct {
	// BurstWarning is how long a task may run without a wait before a warning is logged, with the
	// name of the task and the line that runs. Zero means 250 ms.
	BurstWarning time.Duration

	// Burst is how long a task may run without a wait before it is killed. Zero means 2 s.
	Burst time.Duration

	// Handler is how long a run of an event handler, or of a timer made by every, may take,
	// including its waits. Without this limit, handlers that wait forever would accumulate until
	// the script can start no more tasks. Functions that a script starts only once (spawn, after,
	// on_start) have no such limit, so they may run loops that sleep. Zero means 10 minutes.
	Handler time.Duration
}

// Scripts are the scripts that one agent uses. Together they offer one set of tools. All methods
// may be called from any goroutine except the goroutines of the executors.
type Scripts struct {
	opts Options // never changes after New
	// a Heap that New has made and Close must close; nil if Options.Heap was set
	ownHeap   *vm.Heap
	cancelled chan struct{} // closed by Cancel; never changes after New
	// locked by Load, Check, Reload, Switch and Close, so that only one of them runs at a time
	reloading sync.Mutex
	brokers   map[string]*sharedBroker // the permissions of each script, by path; guarded by reloading
	claims    map[string]*claims       // what each script has open, by path; guarded by reloading
	shown     activities               // what modules have shown

	closing sync.Mutex // held by Close

	saving   sync.Mutex      // held while the source of a script is saved
	backedUp map[string]bool // the files of which SaveSource has made a backup, by path; guarded by saving

	mu   sync.Mutex // guards the fields below
	list []*script
	// the scripts that a Switch has removed and whose tool calls have not ended: only their fields path
	// and old are set
	removed       []*script
	retiredClaims []*claims           // those of the scripts that a Switch has removed
	offers        map[offerKey]*offer // what the current generations offer
	// the Lua files that had more than white space when they were read, by path
	filled  map[string]bool
	loading *generation // the generation whose top level runs now; nil if none is being loaded
	closed  bool        // Drain has been called
	// counts the goroutines that close generations, recover scripts or answer calls
	wg sync.WaitGroup
}

// A script is one Lua file and its generations. Scripts.mu guards the fields.
type script struct {
	path    string
	current *generation
	old     []*generation // replaced generations that still run tool calls, oldest first
	// the files that the latest load depended on; nil if that load succeeded
	failedFiles []File
	// the versions of the Lua files that the latest load read, by path; nil if that load succeeded
	failedVersions map[string]string
	failure        error // why the latest load failed; nil if it succeeded
	recovery       recovery
	pastUsage      usage         // usage of the generations that are closed
	lastCPU        time.Duration // the CPU time that Health returned last
}

// generations returns all generations of the script, the current one last. Scripts.mu must be held.
func (sc *script) generations() []*generation {
	if sc.current == nil { // the script has been removed
		return slices.Clone(sc.old)
	}
	return append(slices.Clone(sc.old), sc.current)
}

// New returns a set of scripts that is empty. The caller must call Close when the scripts are no
// longer needed.
func New(opts Options) *Scripts {
	if opts.Slots == nil {
		opts.Slots = vm.NewSlots(0)
	}
	s := &Scripts{offers: make(map[offerKey]*offer), filled: make(map[string]bool), backedUp: make(map[string]bool), brokers: make(map[string]*sharedBroker), claims: make(map[string]*claims), cancelled: make(chan struct{})}
	if opts.Heap == nil {
		opts.Heap = vm.NewHeap(0)
		s.ownHeap = opts.Heap
	}
	if opts.Print == nil {
		opts.Print = func(string, string) {}
	}
	if opts.Log == nil {
		opts.Log = func(string, slog.Level, string) {}
	}
	if opts.Clock == nil {
		opts.Clock = clock.Machine{}
	}
	if opts.Screen == nil {
		opts.Screen = screen.New(opts.Clock)
	}
	if opts.Now == nil {
		opts.Now = opts.Clock.Now
	}
	if opts.Failed == nil {
		opts.Failed = func(string, string) {}
	}
	if opts.Approvals == nil {
		opts.Approvals = new(Approvals)
	}
	if opts.LoadTimeout == 0 {
		opts.LoadTimeout = 5 * time.Second
	}
	if opts.Limits.Handler == 0 {
		opts.Limits.Handler = 10 * time.Minute
	}
	s.opts = opts
	return s
}

// A Summary describes what a script offers.
type Summary struct {
	Path string
	// Tools, Resources and Prompts are in the order in which the script registered them.
	Tools     []*tool.Spec
	Resources []*tool.Resource
	Prompts   []*tool.Prompt
	On        []string // the event types that the script handles, sorted
	// Files are the files that the script depends on: its own file, and those that it required or
	// tried to require.
	Files []File
	Agent agentsettings.Settings
	// Calls are the calls in its source that may need a permission, by file and line. Only Check sets
	// them.
	Calls []PermissionCall
}

// Name returns the file name of the script without its folder.
func (s Summary) Name() string { return filepath.Base(s.Path) }

// summary returns what g offers. The caller must hold Scripts.mu.
func (g *generation) summary() Summary {
	sum := Summary{Path: g.path, Files: g.dependencies()}
	for _, o := range g.offersOf(toolOffer) {
		sum.Tools = append(sum.Tools, o.spec)
	}
	for _, o := range g.offers {
		switch o.key.kind {
		case resourceOffer:
			sum.Resources = append(sum.Resources, o.resource)
		case promptOffer:
			sum.Prompts = append(sum.Prompts, o.prompt)
		}
	}
	for event := range g.handlers {
		sum.On = append(sum.On, event)
	}
	slices.Sort(sum.On)
	if g.agent != nil {
		sum.Agent = g.agent.Settings
	}
	return sum
}

// find returns the script at path, or nil if it is not loaded.
func (s *Scripts) find(path string) *script {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, sc := range s.list {
		if sc.path == path {
			return sc
		}
	}
	return nil
}

// Tools returns all tools that can be called now, in the order of the scripts.
func (s *Scripts) Tools() []*tool.Spec {
	var specs []*tool.Spec
	for _, o := range s.offersOf(toolOffer) {
		specs = append(specs, o.spec)
	}
	return specs
}

// Owner returns the file name of the script that offers the tool name, and the file and line that
// registered the tool. Both are "" if no script offers the tool.
func (s *Scripts) Owner(name string) (scriptName, at string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if o := s.offers[offerKey{toolOffer, name}]; o != nil {
		return o.gen.name(), o.source
	}
	return "", ""
}

// Loading reports whether a script is being loaded at this moment.
func (s *Scripts) Loading() bool {
	if !s.reloading.TryLock() {
		return true
	}
	s.reloading.Unlock()
	return false
}

// Files returns the files that the script at path depends on: those of its current generation, and
// those of its latest load if that failed. It returns nil if the script is not loaded.
func (s *Scripts) Files(path string) []File {
	sc := s.find(filepath.Clean(path))
	if sc == nil {
		return nil
	}
	s.mu.Lock()
	current, failed := sc.current, sc.failedFiles
	s.mu.Unlock()
	return append(current.dependencies(), failed...)
}

// Agent returns the agent settings that a script has set with agent(), or no settings if none has.
func (s *Scripts) Agent() agentsettings.Settings {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, sc := range s.list {
		if a := sc.current.agent; a != nil {
			return a.Settings
		}
	}
	return agentsettings.Settings{}
}

// MemoryLimit returns the memory limit of all scripts together, in bytes.
func (s *Scripts) MemoryLimit() uint64 { return s.opts.Heap.Limit() }
