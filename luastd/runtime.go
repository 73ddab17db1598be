package luastd

import (
	"errors"
	"log/slog"
	"time"

	lua "github.com/yuin/gopher-lua"

	"moonlark/engine/activity"
	"moonlark/engine/clock"
	"moonlark/engine/permit"
	"moonlark/engine/pins"
	"moonlark/engine/screen"
	"moonlark/engine/tool"
)

// A Runtime has the functions that the engine offers to the modules of one script. All methods are
// called on the executor's goroutine, unless their comment says otherwise. A module should keep
// only the smaller interfaces that it needs.
type Runtime interface {
	Waiter
	Caller
	Loader
	Starter
	Checkpointer
	Logger
	Clock
	Permitter
	Owner
	Budgeter
	DropCounter
	Shower
	Claimer
	Registrar
	Toolsets
	Approver
	MCPUser
	Conversations
	Sounder
	Faker
	Simulator
	Screener
	FleetMember

	// Folder returns the folder in which the script file is.
	Folder() string
}

// A Waiter lets a task of the script wait for Go code.
type Waiter interface {
	// Await makes the running task wait for Go code. It returns the value that begin's done
	// function was called with. While the task waits, the executor runs other tasks. Await calls
	// begin at once, on the executor's goroutine. begin starts the work, and returns a function
	// that cancels the work, or nil if the work cannot be cancelled. When the work has ended, it
	// must call done with its result. Any goroutine may call done; only the first call has an
	// effect. When the task is killed during the wait, Await calls the cancel function and raises a
	// Lua error.
	Await(L *lua.LState, begin func(done func(any)) (cancel func())) any
	// Rest is like Await, for a wait that only the Clock or the script itself ends: nothing outside of
	// the process does. In a test of the script, the time passes only while all tasks rest.
	Rest(L *lua.LState, begin func(done func(any)) (cancel func())) any
	// WaitLimit returns how long a wait of the running task may take whose timeout is timeout; 0 or
	// less means no timeout. A wait in a tool call ends half a second before the call must be
	// answered, or at half of the call's timeout if that is less than a second, so that the handler
	// can still return something useful.
	WaitLimit(timeout time.Duration) time.Duration
}

// A Caller calls Lua functions and returns the errors that they raise.
type Caller interface {
	// Try calls the function call[0] with the arguments call[1:], as pcall does. It returns the
	// results of the function, or the error that the function raised. Do not use LState.PCall
	// instead: after an error, it damages the closures of the functions that are still running.
	Try(call []lua.LValue) ([]lua.LValue, error)
	// ErrorTrace returns the stack trace of the error that the running xpcall handler was called
	// for, or "" when no xpcall handler runs.
	ErrorTrace() string
	// ErrorText returns the message of an error that Try has returned, with the file and line of
	// the script.
	ErrorText(err error) string
}

// A Loader makes functions from compiled Lua code.
type Loader interface {
	// NewFunction opens the modules that the code of proto uses, and returns a function of proto.
	// LState.NewFunctionFromProto does not open the modules.
	NewFunction(proto *lua.FunctionProto) *lua.LFunction
}

// A Starter starts tasks of the script.
type Starter interface {
	// Spawn queues fn, to be run as a task with the arguments args. It returns an error if too many
	// functions are queued, or if the script has been replaced.
	Spawn(fn *lua.LFunction, args []lua.LValue) error
	// Start is like Spawn, but returns the task, and calls a Go function when the task has ended.
	// The error is ErrReplaced if the script has been replaced.
	Start(spec TaskSpec) (Task, error)
	// RunningTask returns the task that called the Go function that runs now.
	RunningTask() Task
	// After makes a timer that runs a function after delay, or every delay if repeat is true. A run
	// that would begin while the previous one has not ended is left out. If the script is still
	// loading, the delay begins when the script comes into use. After returns an error if there are
	// too many timers, or if the script has been replaced.
	After(delay time.Duration, repeat bool, run Run) (Timer, error)
	// Schedule makes a timer that runs a function at certain times of day. The errors are those of
	// After.
	Schedule(s Schedule, run Run) (Timer, error)
}

// A Run is what a timer runs as a task.
type Run struct {
	Name string // the name of the Lua function that makes the timer, for errors and the log
	Fn   *lua.LFunction
	// Args returns the arguments of Fn for the run that is due at this time of day. It is called on
	// the executor's goroutine. Nil means no arguments.
	Args func(due time.Time) []lua.LValue
}

// A Schedule says at which times of day a timer runs. It follows the Clock when that is set.
// Nothing runs while the Clock has a year before FirstYear. A run that would begin more than
// MaxLateness after its time, because the machine was suspended or the Clock was put forward, is
// skipped.
type Schedule struct {
	// Next returns the first time of the schedule after t, or the zero time if there is none. It is
	// called on the executor's goroutine.
	Next func(t time.Time) time.Time
	// Once says that the timer ends after one run.
	Once bool
	// Interval says that the schedule describes intervals and not times of day. If the Clock is put
	// back, such a schedule goes on from there. Otherwise the runs that have been are not repeated,
	// unless the Clock is put back by more than MaxLateness.
	Interval bool
}

const (
	// FirstYear is the first year in which the clock of the machine can be right. A clock with an
	// earlier year has not been set.
	FirstYear = 2024
	// MaxLateness is how late a run of a Schedule may begin.
	MaxLateness = 3 * time.Hour
)

// A Timer is made by a Starter. Its methods are called on the executor's goroutine.
type Timer interface {
	// Cancel prevents further runs. A run that has begun continues. Cancel may be called again.
	Cancel()
	// Restart starts the timer anew: the delay begins now, or the next run is the next one of the
	// schedule. Restart works also after the last run and after Cancel. Its errors are those of
	// Starter.After.
	Restart() error
	// Next returns the time of day at which the next run begins. ok is false if there is none, and
	// for a Schedule while the Clock has not been set. While the script is loading, Next returns
	// the time as if the script came into use now.
	Next() (next time.Time, ok bool)
}

// A Task is a task of the script. Two Tasks are equal (==) if they are the same task. The methods
// are called on the executor's goroutine.
type Task interface {
	// Kill ends the task at its next Lua instruction. If the task waits or has not begun, the
	// executor ends it soon. reason is a text for people. Kill does nothing if the task has ended.
	Kill(reason string)
	// AtEnd registers f to be called when the task, which must be the running one, has ended.
	// killed reports whether the task was killed. f must not run Lua code. A module uses it to
	// release what it keeps for the task.
	AtEnd(f func(killed bool))
	// Interrupted reports whether a wait of the task has ended with an error because the task is a tool
	// call that was cancelled. The task goes on if the script catches the error. A module that catches
	// errors, in order to call a function of the script again, must not go on then.
	Interrupted() bool
}

// A TaskSpec says what Starter.Start starts.
type TaskSpec struct {
	Name string // name of the task in the log, such as "spawn"
	Fn   *lua.LFunction
	Args []lua.LValue

	// Parent is the task that waits for the new task; nil if no task does. A reload kills the new task,
	// unless the parent is a task that a reload does not kill, such as a tool call.
	Parent Task

	// Continues says that a reload does not kill the task, as it does not kill a tool call. Such a task
	// cannot be started after the reload.
	Continues bool

	// Timeout is how long the task may take, including its waits. Then it is killed. Zero means
	// that there is no limit.
	Timeout time.Duration

	// Ended is called once when the task has ended, or has been killed before it began. It must not
	// run Lua code. It reports whether the script gets to know a failure; if not, the engine logs
	// the failure. A nil Ended makes the engine log every failure.
	Ended func(Outcome) (reported bool)
}

// An Outcome says how a task has ended.
type Outcome struct {
	Results []lua.LValue // what the function returned
	Failed  bool         // the function has raised an error, or the task was killed
	Killed  bool         // the task was killed
	// TimedOut says that the task was killed because the timeout of its TaskSpec had passed.
	TimedOut bool
	Failure  string // the message of the error, or the kill reason
}

// A Checkpointer is for Go functions that run long. The instruction hook cannot interrupt Go code,
// so these functions must call Checkpoint.
type Checkpointer interface {
	// Checkpoint lets other goroutines and other scripts run if they wait for the processor. It
	// raises an error if the running task has been killed. A Go function that may take longer than
	// about 10 ms must call it regularly.
	Checkpoint(L *lua.LState)
}

// A Logger gets what a script prints and logs. Its methods do not block: when its reader is too
// slow, lines are dropped and counted. Any goroutine may call them.
type Logger interface {
	Print(text string)                 // writes a line to the output, with the name of the script
	Log(level slog.Level, text string) // writes text to the log, with the name of the script
}

// A Clock has the time of day and the time zones.
type Clock interface {
	// Now returns the time of day. Between two calls it can go back or jump, because the clock of
	// the machine has been set.
	Now() time.Time
	// Elapsed returns the time for measuring intervals: the difference between two results is the
	// time that has passed between the calls, whatever the clock of the machine shows.
	Elapsed() time.Time
	// AfterFunc calls f when d has passed, on any goroutine. f must not block.
	AfterFunc(d time.Duration, f func()) clock.Timer
	// Zone returns the time zone of the machine. The zone can be changed while the script runs. The
	// same pointer is returned until then.
	Zone() *time.Location
	// NamedZone returns the time zone with a name such as "Europe/Berlin". ok is false if there is
	// no such zone.
	NamedZone(name string) (zone *time.Location, ok bool)
}

// A Permitter gives access to what the script may reach outside of the process.
type Permitter interface {
	// Permit returns the Broker of the script. Modules open connections and files, and look for
	// programs, only through it. Any goroutine may use the Broker. It is closed after the script.
	Permit() *permit.Broker

	// Loading reports whether the script is still loading. Functions that change something outside
	// of the script raise an error then: see CheckLoaded.
	Loading() bool
}

// ErrLoading is the error of functions that can be called only when the script has been loaded.
var ErrLoading = errors.New("the script is still loading: call it in on_start(function() ... end)")

// CheckLoaded raises ErrLoading, with the name of the running Lua function, if the script is still
// loading.
func CheckLoaded(L *lua.LState, p Permitter, function string) {
	if p.Loading() {
		L.RaiseError("%s: %s", function, ErrLoading)
	}
}

// A Simulator has simulated hardware.
type Simulator interface {
	// SimulatedPins returns the GPIO chip that takes the place of those of the machine, or nil if scripts
	// use those of the machine. Any goroutine may call it.
	SimulatedPins() pins.Board
}

// A Screener has the screen of a kiosk.
type Screener interface {
	// Screen returns what the pages of the process show. Any goroutine may call it.
	Screen() *screen.Screen
	// Name returns the name of the script for people: the name of its file.
	Name() string
}

// A Budgeter counts what modules keep in memory for a script.
type Budgeter interface {
	// Budget returns the Budget that all modules of the script share. Any goroutine may call it.
	Budget() *Budget
}

// A DropCounter counts what modules drop because the script does not take it fast enough.
type DropCounter interface {
	// CountDropped adds n to the number of things that the module has dropped, which the metrics
	// show. what is a plural, such as "datagrams"; the engine logs it, at most once a minute. Any
	// goroutine may call CountDropped.
	CountDropped(module, what string, n int)
}

// A Shower shows people what modules do and keep: in the inspector and in recordings. Any goroutine may
// call its methods.
type Shower interface {
	// ShowActivity shows something that the module has done, if anybody wants to see it: then
	// ShowActivity calls values at once. values returns a value for each column of tab: a string, which
	// is cut to activity.MaxText characters and in which secrets are hidden, an int, an int64, a float64
	// or a bool; nil leaves the column empty. What a person must not see, such as a password in a URL,
	// must not be in them. If there are too many activities, some are counted and not shown.
	ShowActivity(tab *activity.Tab, values func() []any)
	// ShowContents shows contents while this generation of the script is in use, until hide is called.
	// At most MaxContents of a generation are shown.
	ShowContents(c activity.Contents) (hide func())
}

// MaxContents is the maximal number of contents that Shower.ShowContents shows for a generation.
const MaxContents = 32

// An Owner closes what a script has left open, such as a file or a program.
type Owner interface {
	// Own registers close to be called when the script's generation has ended, on any goroutine;
	// release removes it again. Any goroutine may call release, more than once. close may take a
	// second or two, and runs at the same time as the others.
	Own(close func()) (release func())
}

// ErrReplaced is returned by methods that start a task, when a reload has replaced the copy of the
// script that calls them.
var ErrReplaced = errors.New("this copy of the script has been replaced, and starts nothing more")

// ErrLoaded is the error of the methods of a Registrar after the top level of the script has
// returned.
var ErrLoaded = errors.New("the script has loaded already: call it at the top level of the script")

// Toolsets are tools that can change while the script is in use.
type Toolsets interface {
	// NewToolset makes a Toolset without tools. handler gets the calls of its tools: it is called as the
	// handlers of register_tool are. NewToolset returns an error that wraps ErrLoaded after the top level
	// of the script has returned.
	NewToolset(handler *lua.LFunction) (Toolset, error)
}

// A Toolset is a set of tools.
type Toolset interface {
	// Set replaces the tools. They can be called while the copy of the script that has made the set is in
	// use. A tool is left out, with a warning in the log, while a script registers one with the same name.
	// Tools whose description has not changed stay the same. Some commands wait for the first call of Set.
	// Any goroutine may call Set, also after the script has been replaced.
	Set(specs []*tool.Spec)
}

// A Registrar records what a script registers while it loads. Each method returns an error if the
// registration is wrong, and an error that wraps ErrLoaded after the top level has returned.
type Registrar interface {
	RegisterTool(spec *tool.Spec, handler *lua.LFunction) error
	RegisterResource(r *tool.Resource, read *lua.LFunction) error
	RegisterPrompt(p *tool.Prompt, handler *lua.LFunction) error
	On(eventType string, fn *lua.LFunction) error // fn gets each event of this type, as a table
	OnStart(fn *lua.LFunction) error              // fn runs when the script comes into use
	OnUnload(fn *lua.LFunction) error             // fn runs when the script is replaced or closed

	// Emit sends an event to all scripts that handle events of the type name. data is a JSON value.
	// heard is false if there are none. Emit returns an error while the script loads, and if the
	// type is not allowed.
	Emit(name string, data []byte) (heard bool, err error)

	// Agent records settings for the agent. settings is a JSON object. line is the file and line of
	// the script that set them, for error messages.
	Agent(settings []byte, line string) error
}
