package script

import (
	"errors"
	"fmt"
	"log/slog"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	lua "github.com/yuin/gopher-lua"

	"moonlark/engine/agent"
	"moonlark/engine/guess"
	"moonlark/engine/tool"
	"moonlark/luastd"
)

// A generation is what the functions of its script call: luastd's Host. All
// methods in this file run on the executor's goroutine.
var _ luastd.Host = (*generation)(nil)

var errTooLate = errors.New("only while the script loads, at its top level")
var errReplaced = errors.New("this copy of the script has been replaced, and starts nothing more")
var errTooEarly = errors.New("not while the script loads: call it in on_start(function() ... end)")

func (g *generation) Await(L *lua.LState, begin func(done func(any)) (cancel func())) any {
	return g.x.Await(L, begin)
}

func (g *generation) Try(call []lua.LValue) ([]lua.LValue, error) { return g.x.try(call) }

// Breathe does for a long-running Go function what the hook does for Lua code.
func (g *generation) Breathe(L *lua.LState) { g.x.Breathe(L) }

// Getenv lets every script read the variables that are meant for it by name.
func (g *generation) Getenv(name string) (string, bool) {
	if strings.HasPrefix(name, "MOONLARK_") {
		return os.LookupEnv(name)
	}
	if g.scripts.opts.Env == nil {
		return "", false
	}
	return g.scripts.opts.Env(name)
}

func (g *generation) Print(text string)                 { g.scripts.opts.Print(g.name(), text) }
func (g *generation) Log(level slog.Level, text string) { g.log(level, text) }

// Folder is where the script's file is.
func (g *generation) Folder() string { return filepath.Dir(g.path) }

func (g *generation) Conversation() (luastd.Conversation, error) {
	switch {
	case g.stage < inUse:
		return nil, errTooEarly
	case g.scripts.opts.Conversation == nil:
		return nil, errors.New("there is no conversation")
	}
	return g.scripts.opts.Conversation, nil
}

func (g *generation) Agent(settings []byte, place string) error {
	if g.stage != loading {
		return fmt.Errorf("agent: %w", errTooLate)
	}
	if g.agent != nil {
		return fmt.Errorf("agent: it has been said already, at %s", g.agent.place)
	}
	parsed, err := agent.Parse(settings)
	if err != nil {
		return fmt.Errorf("agent: %w", err)
	}
	g.agent = &agentSettings{parsed, place}
	return nil
}

func (g *generation) RegisterTool(spec *tool.Spec, handler *lua.LFunction) error {
	if g.stage != loading {
		return fmt.Errorf("register_tool: %w", errTooLate)
	}
	for _, o := range g.tools {
		if o.spec.Name == spec.Name {
			return fmt.Errorf("register_tool: %s is registered already, at %s", spec.Name, o.spec.Source)
		}
	}
	g.tools = append(g.tools, &offer{g, spec, handler})
	return nil
}

func (g *generation) On(event string, fn *lua.LFunction) error {
	if g.stage != loading {
		return fmt.Errorf("on: %w", errTooLate)
	}
	if known := g.scripts.opts.Events; len(known) > 0 && event != everyEvent && !slices.Contains(known, event) {
		place, meant := "", guess.DidYouMean(event, known)
		if !fn.IsG {
			place = fmt.Sprintf("%s:%d: ", fn.Proto.SourceName, fn.Proto.LineDefined)
		}
		if meant != "" || !g.scripts.opts.OwnEvents {
			g.log(slog.LevelWarn, fmt.Sprintf("%son('%s'): no event is known by that name%s", place, event, meant))
		}
	}
	g.handlers[event] = append(g.handlers[event], fn)
	return nil
}

func (g *generation) OnStart(fn *lua.LFunction) error {
	if g.stage != loading {
		return fmt.Errorf("on_start: %w", errTooLate)
	}
	g.onStart = append(g.onStart, fn)
	return nil
}

func (g *generation) OnUnload(fn *lua.LFunction) error {
	if g.stage != loading {
		return fmt.Errorf("on_unload: %w", errTooLate)
	}
	g.onUnload = append(g.onUnload, fn)
	return nil
}

func (g *generation) Spawn(fn *lua.LFunction, args []lua.LValue) error {
	start := func() {
		if g.stage == inUse {
			g.x.start(g.newTask("spawn", fn, func(L *lua.LState) (int, error) { return push(L, args), nil }))
		}
	}
	switch g.stage {
	case stepping:
		return fmt.Errorf("spawn: %w", errReplaced)
	case inUse:
		return g.x.box.put(&message{class: aStart, do: start})
	}
	if g.spawned++; g.spawned > mostStarts {
		return errStarts
	}
	g.pending = append(g.pending, func() { g.x.box.put(&message{class: aStart, do: start}) })
	return nil
}

// mostTimers is how many timers a script may have.
const mostTimers = 1024

// A timer starts a task once or again and again. Its fields are the executor
// goroutine's own.
type timer struct {
	g         *generation
	fn        *lua.LFunction
	period    time.Duration
	repeat    bool
	cancelled bool
	runs      bool // its task does
	due       time.Time
	clock     *time.Timer
}

func (g *generation) After(delay time.Duration, repeat bool, fn *lua.LFunction) (cancel func(), err error) {
	if g.stage == stepping {
		if repeat {
			return nil, fmt.Errorf("every: %w", errReplaced)
		}
		return nil, fmt.Errorf("after: %w", errReplaced)
	}
	if len(g.timers) >= mostTimers {
		return nil, fmt.Errorf("more than %d timers", mostTimers)
	}
	t := &timer{g: g, fn: fn, period: delay, repeat: repeat}
	g.timers[t] = struct{}{}
	arm := func() {
		t.due = time.Now().Add(delay)
		t.arm()
	}
	if g.stage == inUse {
		arm()
	} else {
		g.pending = append(g.pending, arm)
	}
	return t.cancel, nil
}

func (t *timer) cancel() {
	t.cancelled = true
	if t.clock == nil || t.clock.Stop() || t.runs {
		delete(t.g.timers, t)
	} // else its turn waits in the mailbox, and counts until it is taken
}

// arm sets the clock for the next turn.
func (t *timer) arm() {
	if t.cancelled {
		return
	}
	t.clock = time.AfterFunc(time.Until(t.due), func() {
		t.g.x.box.put(&message{class: aTurn, do: t.fire})
	})
}

// fire starts the task of one turn.
func (t *timer) fire() {
	if t.cancelled {
		delete(t.g.timers, t)
		return
	}
	t.runs = true
	turn := t.g.newTask("timer", t.fn, noArgs)
	turn.end = func(_ *lua.LState, err error) {
		t.g.report(turn.name, t.fn, err)
		t.next()
	}
	if t.repeat {
		turn.limit = t.g.x.limits.Handler
	}
	t.g.x.start(turn)
}

// next arms a repeated timer for its next turn that has not passed.
func (t *timer) next() {
	if !t.repeat {
		t.cancel()
		return
	}
	t.runs = false
	now := time.Now()
	if t.due = t.due.Add(t.period); t.due.Before(now) {
		t.due = t.due.Add(now.Sub(t.due).Truncate(t.period) + t.period)
	}
	t.arm()
}

// openCalls makes the type of a handler's second argument.
//
//	call.id  call.name  strings
//	call:cancelled()    -> true when nobody waits for the result any more
func (g *generation) openCalls(L *lua.LState) {
	g.callMT = L.NewTypeMetatable("call")
	cancelled := L.NewFunction(func(L *lua.LState) int {
		c, ok := L.CheckUserData(1).Value.(*Call)
		if !ok {
			L.ArgError(1, "a call expected")
		}
		L.Push(lua.LBool(c.over.Load() || c.answered.Load()))
		return 1
	})
	g.callMT.RawSetString("__index", L.NewFunction(func(L *lua.LState) int {
		c := L.CheckUserData(1).Value.(*Call)
		switch L.CheckString(2) {
		case "id":
			L.Push(lua.LString(c.ID))
		case "name":
			L.Push(lua.LString(c.Name))
		case "cancelled":
			L.Push(cancelled)
		default:
			L.Push(lua.LNil)
		}
		return 1
	}))
	g.callMT.RawSetString("__metatable", lua.LString("call"))
}

func (g *generation) handle(c *Call) lua.LValue {
	return &lua.LUserData{Value: c, Env: g.x.root.Env, Metatable: g.callMT}
}
