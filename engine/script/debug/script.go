package debug

import (
	"fmt"
	"slices"
	"strings"
	"sync/atomic"

	lua "github.com/yuin/gopher-lua"

	"moonlark/engine/script/vm"
)

// ScriptOptions say what the Debugger needs to know about a generation of a script.
type ScriptOptions struct {
	Name string // the file name of the script

	// NewFunction returns a Lua function that runs proto. It is called on the executor's goroutine.
	NewFunction func(proto *lua.FunctionProto) *lua.LFunction

	// Explain returns the text of an error or a value for people. Any goroutine may call it.
	Explain func(text string) string

	// IsBuiltin reports whether a global was there before the script began to load.
	IsBuiltin func(name string) bool
}

// A Script is one generation of a script. Its executor calls the methods of vm.Watcher.
type Script struct {
	d    *Debugger
	opts ScriptOptions
	x    *vm.Executor // set by Attach, and fixed then

	// Both fields change only while the mutex of the Debugger is locked.
	pausing atomic.Bool          // the client has asked for a pause
	step    atomic.Pointer[step] // the step in progress; nil if there is none

	// The mutex of the Debugger guards the fields below.
	stopped *stop     // nil while the script runs
	pause   vm.Thread // the thread that the client has asked to pause; the zero value means any

	ends map[*vm.Task]bool // the tasks that call taskEnded; belongs to the executor's goroutine
}

var _ vm.Watcher = (*Script)(nil)

// NewScript makes a Script for a generation. The caller passes it to vm.New, and calls Attach and,
// at the end, Close.
func (d *Debugger) NewScript(opts ScriptOptions) *Script {
	return &Script{d: d, opts: opts, ends: make(map[*vm.Task]bool)}
}

// Attach tells the Script its executor, which must not have started. A nil Script does nothing in
// Attach and Close.
func (s *Script) Attach(x *vm.Executor) {
	if s == nil {
		return
	}
	s.x = x
	s.d.mu.Lock()
	defer s.d.mu.Unlock()
	s.d.scripts = append(s.d.scripts, s)
	s.updateWatch()
}

// Close removes the Script, whose executor has been closed.
func (s *Script) Close() {
	if s == nil {
		return
	}
	s.d.mu.Lock()
	defer s.d.mu.Unlock()
	s.d.scripts = slices.DeleteFunc(s.d.scripts, func(other *Script) bool { return other == s })
	for key, id := range s.d.threads {
		if key.script == s {
			delete(s.d.threads, key)
			s.d.emit(Event{Ended: id})
		}
	}
}

// updateWatch makes the executor call Moved if that is needed now. The caller must hold d.mu.
func (s *Script) updateWatch() {
	s.x.Watch(s.d.session != nil && (s.pausing.Load() || s.step.Load() != nil || len(*s.d.table.Load()) > 0))
}

// A StepKind says where a step ends.
type StepKind string

const (
	StepOver StepKind = "over" // in another line of the same call, or in the caller
	StepIn   StepKind = "in"   // in the next line, also in another function
	StepOut  StepKind = "out"  // in the caller
)

// A step is a step in progress.
type step struct {
	kind StepKind
	task *vm.Task
	from vm.Depth
}

// endsAt reports whether the step ends in a call at this depth. reached says that a line is reached
// there.
func (st *step) endsAt(depth vm.Depth, reached bool) bool {
	switch {
	case depth.Less(st.from):
		return true
	case st.kind == StepIn:
		return reached
	case st.kind == StepOver:
		return reached && !st.from.Less(depth)
	}
	return false
}

// Moved stops the running task if a breakpoint, a step or a pause says so: see vm.Watcher.
func (s *Script) Moved(f vm.Frame, reached bool) {
	var reason Reason
	var text string
	var ids []int
	if reached {
		if ids, text = s.breakpointsAt(f); len(ids) > 0 {
			reason = AtBreakpoint
		}
	}
	switch {
	case reason != "":
	case s.pausing.Load():
		reason = AtPause
	case s.stepEnds(reached):
		reason = AtStep
	default:
		return
	}
	s.stop(s.x.RunningThread(), Stopped{Reason: reason, Text: text, Breakpoints: ids})
}

// stepEnds reports whether the step in progress ends here.
func (s *Script) stepEnds(reached bool) bool {
	step := s.step.Load()
	return step != nil && step.task == s.x.RunningTask() && step.endsAt(s.x.RunningThread().Depth(), reached)
}

// Raised stops the running task if the client has asked to stop at such errors: see vm.Watcher.
func (s *Script) Raised(v lua.LValue, caught bool) {
	s.d.mu.Lock()
	wanted := s.d.session != nil && (s.d.uncaught && !caught || s.d.caught && caught)
	s.d.mu.Unlock()
	if wanted {
		s.stop(s.x.RunningThread(), Stopped{Reason: AtException, Text: s.opts.Explain(errorText(v))})
	}
}

// errorText returns the text of the value of an error.
func errorText(v lua.LValue) string {
	if text, ok := v.(lua.LString); ok {
		return string(text)
	}
	return shown(v)
}

// breakpointsAt returns the identifiers of the breakpoints at which the task must stop, because it
// has reached the line of f. It sends the messages of log points to the client. If the condition of
// a breakpoint has failed, text says so.
func (s *Script) breakpointsAt(f vm.Frame) (ids []int, text string) {
	lines := (*s.d.table.Load())[f.Function().Proto.SourceName]
	if lines == nil {
		return nil, ""
	}
	for _, b := range lines[f.Line()] {
		if b.condition != nil {
			v, err := s.value(f, b.condition)
			if err != nil {
				text = fmt.Sprintf("the condition of the breakpoint in line %d has failed: %v", f.Line(), err)
				s.output(text)
				ids = append(ids, b.ID)
				continue
			}
			if lua.LVIsFalse(v) {
				continue
			}
		}
		if !b.hit(b.hits.Add(1)) {
			continue
		}
		if b.message == nil {
			ids = append(ids, b.ID)
			continue
		}
		var line strings.Builder
		for _, p := range b.message {
			line.WriteString(s.pieceText(f, p))
		}
		s.output(line.String())
	}
	return ids, text
}

func (s *Script) pieceText(f vm.Frame, p piece) string {
	if p.expression == nil {
		return p.text
	}
	v, err := s.value(f, p.expression)
	switch {
	case err != nil:
		return "{" + err.Error() + "}"
	case v.Type() == lua.LTString:
		return s.opts.Explain(v.String())
	}
	return s.opts.Explain(shown(v))
}

// output sends a line to the client.
func (s *Script) output(text string) {
	s.d.mu.Lock()
	defer s.d.mu.Unlock()
	s.d.emit(Event{Output: text + "\n"})
}
