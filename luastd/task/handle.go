package task

import (
	"fmt"
	"slices"
	"strings"

	lua "github.com/yuin/gopher-lua"

	"moonlark/engine/safetext"
	"moonlark/luastd"
	"moonlark/luastd/value"
)

// A task is what a Lua handle of a task refers to.
type task struct {
	ref       luastd.Task
	handle    *lua.LUserData
	ended     bool
	cancelled bool          // cancel has been called before the task ended
	result    result        // how the task ended
	watchers  []*func()     // the functions that are called when the task has ended
	held      map[*lock]int // how often the task has acquired each lock
}

// A result is what a function returned, or its failure.
type result struct {
	values []lua.LValue
	code   string // "" if the function has succeeded
	text   string // the reason of the failure, without the code
	raised bool   // the function has not returned: it raised an error, or was cancelled
}

// first returns the first value.
func (r result) first() lua.LValue {
	if len(r.values) == 0 {
		return lua.LNil
	}
	return r.values[0]
}

// push pushes what the function returned, or the failure of a function that has not returned. It
// returns the number of values.
func (r result) push(L *lua.LState) int {
	if r.raised {
		return r.pushFailure(L)
	}
	for _, v := range r.values {
		L.Push(v)
	}
	return len(r.values)
}

// pushFailure pushes nil, the reason and the code. It returns the number of values.
func (r result) pushFailure(L *lua.LState) int { return value.PushFailure(L, r.code, "%s", r.text) }

// failure returns the result of a function that has not returned.
func failure(code, text string) result {
	return result{code: code, text: safetext.Line(text), raised: true}
}

// codes are the codes of the modules. A reason begins with its code.
var codes = []string{
	"timeout", "closed", "refused", "unreachable", "not_found", "exists", "denied", "busy", "too_large",
	"invalid", "unsupported", "offline", "full", "io", "failed", "cancelled",
	"constraint", "readonly", "corrupt", "expired",
}

// returned returns the result of a function that has returned values. The function has failed if it
// returned nil and a reason. If it returned no code, the code at the beginning of the reason
// counts, or else "failed".
func returned(values []lua.LValue) result {
	r := result{values: values}
	if len(values) < 2 || values[0] != lua.LNil {
		return r
	}
	reason, ok := values[1].(lua.LString)
	if !ok {
		return r
	}
	r.code = "failed"
	if word, _, _ := strings.Cut(string(reason), ": "); slices.Contains(codes, word) {
		r.code = word
	}
	if len(values) > 2 {
		if code, ok := values[2].(lua.LString); ok && code != "" {
			r.code = string(code)
		}
	}
	r.text = safetext.Line(strings.TrimPrefix(string(reason), r.code+": "))
	return r
}

// start starts a task. parent is the task that waits for the new one, or nil.
func (m *module) start(name string, parent luastd.Task, fn *lua.LFunction, args []lua.LValue) (*task, error) {
	if m.alive >= maxTasks {
		return nil, fmt.Errorf("more than %d tasks", maxTasks)
	}
	t := &task{}
	ref, err := m.Start(luastd.TaskSpec{Name: name, Fn: fn, Args: args, Parent: parent, Ended: func(o luastd.Outcome) bool {
		m.alive--
		switch {
		case o.Killed:
			return m.end(t, failure("cancelled", o.Failure))
		case o.Failed:
			return m.end(t, failure("failed", o.Failure))
		default:
			return m.end(t, returned(o.Results))
		}
	}})
	if err != nil {
		return nil, err
	}
	m.alive++
	m.add(t, ref)
	return t, nil
}

func (m *module) add(t *task, ref luastd.Task) {
	t.ref, t.handle = ref, m.newHandle(t, m.taskType)
	m.tasks[ref] = t
}

// running returns the running task.
func (m *module) running() *task {
	ref := m.RunningTask()
	t := m.tasks[ref]
	if t == nil { // the task of a handler, which start has not started
		t = &task{}
		m.add(t, ref)
		ref.AtEnd(func(killed bool) {
			if killed {
				m.end(t, failure("cancelled", "the handler was stopped"))
			} else {
				m.end(t, result{})
			}
		})
	}
	return t
}

// end records how t has ended, releases what t holds, and calls the watchers. It reports whether
// the script gets to know of a failure.
func (m *module) end(t *task, r result) (reported bool) {
	delete(m.tasks, t.ref)
	t.ended, t.result = true, r
	held, watchers := t.held, t.watchers
	t.held, t.watchers = nil, nil
	for l, n := range held {
		for range n {
			l.release()
		}
	}
	for _, f := range watchers {
		(*f)()
	}
	return t.cancelled || len(watchers) > 0
}

// watch registers f to be called when t has ended. stop removes f again.
func (t *task) watch(f func()) (stop func()) {
	t.watchers = append(t.watchers, &f)
	return func() {
		for i, other := range t.watchers {
			if other == &f {
				t.watchers = append(t.watchers[:i:i], t.watchers[i+1:]...)
				return
			}
		}
	}
}

const cancelReason = "the task was cancelled"

// cancel kills t, unless t has ended.
func (t *task) cancel() {
	if !t.ended {
		t.cancelled = true
		t.ref.Kill(cancelReason)
	}
}

func (t *task) status() string {
	switch {
	case !t.ended && !t.cancelled:
		return "running"
	case !t.ended || t.result.raised && t.result.code == "cancelled":
		return "cancelled"
	case t.result.raised:
		return "failed"
	default:
		return "done"
	}
}

func (t *task) String() string { return "task (" + t.status() + ")" }

// spawn is the Lua function spawn(fn, ...).
func (m *module) spawn(L *lua.LState) int {
	t, err := m.start("task", nil, L.CheckFunction(1), arguments(L, 2))
	if err != nil {
		L.RaiseError("task.spawn: %s", err.Error())
	}
	L.Push(t.handle)
	return 1
}

// arguments returns the arguments from number first on.
func arguments(L *lua.LState, first int) []lua.LValue {
	var args []lua.LValue
	for i := first; i <= L.GetTop(); i++ {
		args = append(args, L.Get(i))
	}
	return args
}

// self is the Lua function self().
func (m *module) self(L *lua.LState) int {
	L.Push(m.running().handle)
	return 1
}

// taskWait is the method t:wait([timeout]).
func (m *module) taskWait(L *lua.LState) int {
	t, timeout := value.CheckHandle[*task](L, "a task", "t:wait()"), m.optTimeout(L, 2)
	m.checkNotRunning(L, t)
	if !t.ended && timeout != 0 {
		m.wait(L, timeout, func(wake func()) func(bool) {
			stop := t.watch(wake)
			return func(bool) { stop() }
		})
	}
	if !t.ended {
		return pushTimeout(L, timeout, "the task has not ended")
	}
	return t.result.push(L)
}

// checkNotRunning raises an error if t is the running task, which cannot wait for itself.
func (m *module) checkNotRunning(L *lua.LState, t *task) {
	if t.ref == m.RunningTask() {
		L.RaiseError("a task cannot wait for itself")
	}
}

// taskCancel is the method t:cancel().
func (m *module) taskCancel(L *lua.LState) int {
	value.CheckHandle[*task](L, "a task", "t:cancel()").cancel()
	return 0
}

// taskStatus is the method t:status().
func (m *module) taskStatus(L *lua.LState) int {
	L.Push(lua.LString(value.CheckHandle[*task](L, "a task", "t:status()").status()))
	return 1
}
