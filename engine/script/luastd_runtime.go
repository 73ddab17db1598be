package script

import (
	"encoding/json"
	"errors"
	"log/slog"
	"path/filepath"
	"time"

	lua "github.com/yuin/gopher-lua"

	"moonlark/engine/clock"
	"moonlark/engine/mcpclient"
	"moonlark/engine/permit"
	"moonlark/engine/pins"
	"moonlark/engine/screen"
	"moonlark/luastd"
)

// A generation implements luastd.Runtime for the modules that its script uses. All methods of the
// interface run on the executor's goroutine. The methods that register and start functions are in
// registry.go, timers.go and start.go.
var _ luastd.Runtime = (*generation)(nil)

// Await makes the running task wait for Go code: see vm.Executor.Await.
func (g *generation) Await(L *lua.LState, begin func(done func(any)) (cancel func())) any {
	return g.x.Await(L, begin)
}

// Rest makes the running task wait for something that only the clock or the script itself ends: see
// vm.Executor.Rest.
func (g *generation) Rest(L *lua.LState, begin func(done func(any)) (cancel func())) any {
	return g.x.Rest(L, begin)
}

// WaitLimit returns how long a wait of the running task may take: see luastd.Waiter.
func (g *generation) WaitLimit(timeout time.Duration) time.Duration {
	task := g.x.RunningTask()
	if task == nil {
		return timeout
	}
	c, ok := task.Owner.(*Call)
	if !ok {
		return timeout
	}
	if left := c.waitLimit(); timeout <= 0 || left < timeout {
		return left
	}
	return timeout
}

// Try calls the function call[0] with the arguments call[1:], as pcall does: see vm.Executor.PCall.
func (g *generation) Try(call []lua.LValue) ([]lua.LValue, error) { return g.x.PCall(call) }

// ErrorTrace returns the stack trace of the error that the running xpcall handler was called for:
// see vm.Executor.ErrorTrace.
func (g *generation) ErrorTrace() string { return g.x.ErrorTrace() }

// NewFunction returns a Lua function that runs proto: see luastd.Library.NewFunction.
func (g *generation) NewFunction(proto *lua.FunctionProto) *lua.LFunction {
	return g.library.NewFunction(proto)
}

// ErrorText returns the message of err in the words of Lua 5.1: see explain.
func (g *generation) ErrorText(err error) string { return g.explain(errorText(err)) }

// Checkpoint must be called often by Go functions that run long: see vm.Executor.Checkpoint.
func (g *generation) Checkpoint(L *lua.LState) { g.x.Checkpoint(L) }

// Emit sends an event to the scripts that handle events of the type name. heard is false if there are
// none.
func (g *generation) Emit(name string, data []byte) (heard bool, err error) {
	if g.stage < stageInUse {
		return false, luastd.ErrLoading
	}
	s := g.scripts
	if s.opts.Fakes != nil {
		s.opts.Fakes.Asked("emit", name, data)
	}
	heard = s.Listens(name)
	switch {
	case s.opts.Emit != nil && heard:
		err = s.opts.Emit(name, data)
	case heard:
		fields, _ := json.Marshal(map[string]json.RawMessage{"data": data}) // data is JSON
		s.Dispatch(Event{Type: name, Data: fields})
	}
	return heard && err == nil, err
}

// Permit returns the Broker that gives the script what it may reach outside of the process.
func (g *generation) Permit() *permit.Broker { return g.permit }

// Now returns the time of day.
func (g *generation) Now() time.Time { return g.scripts.opts.Now() }

// Elapsed returns the time of the clock that measures intervals.
func (g *generation) Elapsed() time.Time { return g.scripts.opts.Clock.Now() }

// AfterFunc calls f when d has passed.
func (g *generation) AfterFunc(d time.Duration, f func()) clock.Timer {
	return g.scripts.opts.Clock.AfterFunc(d, f)
}

// Fakes returns the fakes of the test that runs the script, or nil if there is no test: see
// luastd.Faker.
func (g *generation) Fakes() luastd.Fakes { return g.scripts.opts.Fakes }

// SimulatedPins returns the simulated GPIO chip, or nil if there is none: see luastd.Simulator.
func (g *generation) SimulatedPins() pins.Board { return g.scripts.opts.Pins }

// MCPServers returns the MCP servers of other people: see luastd.MCPUser.
func (g *generation) MCPServers() *mcpclient.Servers { return g.scripts.opts.MCPServers }

// AskApproval asks whether a tool of an MCP server may be called: see luastd.Approver.
func (g *generation) AskApproval(r luastd.ApprovalRequest, answered func(error)) (cancel func()) {
	return g.scripts.opts.Approvals.Ask(r, answered)
}

// Screen returns the screen of the kiosk: see luastd.Screener.
func (g *generation) Screen() *screen.Screen { return g.scripts.opts.Screen }

// Fleet returns the fleet to which the program belongs: see luastd.FleetMember.
func (g *generation) Fleet() luastd.Fleet { return g.scripts.opts.Fleet }

// Name returns the name of the script for people.
func (g *generation) Name() string { return g.name() }

// Zone returns the time zone of the machine.
func (g *generation) Zone() *time.Location { return g.zones.Machine() }

// NamedZone returns the time zone with this name: see zone.Zones.Named.
func (g *generation) NamedZone(name string) (*time.Location, bool) { return g.zones.Named(name) }

// Budget returns the Budget that all modules of the script share.
func (g *generation) Budget() *luastd.Budget { return &g.budget }

// Loading reports whether the script is still loading. Functions that change something outside of
// the script raise an error then.
func (g *generation) Loading() bool { return g.stage < stageInUse }

// Print passes text that the script printed to Options.Print, and to the call whose handler runs.
func (g *generation) Print(text string) {
	text = g.permit.Mask(text)
	if t := g.x.RunningTask(); t != nil {
		if c, ok := t.Owner.(*Call); ok && c.Printed != nil {
			c.Printed(text)
		}
	}
	g.scripts.opts.Print(g.name(), text)
}

// Log writes text to the log, with the name of the script.
func (g *generation) Log(level slog.Level, text string) { g.log(level, text) }

// Folder returns the folder in which the script file is.
func (g *generation) Folder() string { return filepath.Dir(g.path) }

// Conversation returns the conversation with the agent. It returns an error while the script loads,
// and if the script runs without an agent.
func (g *generation) Conversation() (luastd.Conversation, error) {
	switch {
	case g.Loading():
		return nil, luastd.ErrLoading
	case g.scripts.opts.Conversation == nil:
		return nil, errors.New("there is no conversation")
	}
	return g.scripts.opts.Conversation, nil
}

// Sounds returns the sound of the program: see luastd.Sounder.
func (g *generation) Sounds() luastd.Sounds {
	if s := g.scripts.opts.Sounds; s != nil {
		return s
	}
	return luastd.NoSounds{}
}

// Status returns the status of the conversation with the agent: see luastd.Conversations.
func (g *generation) Status() string {
	if c := g.scripts.opts.Conversation; c != nil {
		if status := c.Status(); status != "" {
			return status
		}
	}
	return "waiting"
}
