package script

import (
	"fmt"
	"runtime"
	"strings"
	"time"

	lua "github.com/yuin/gopher-lua"
)

// Limits bound what one task may do. The first two are measured in time that
// the task runs Lua, holding a run slot: waiting costs nothing, neither its own
// nor that for a slot.
type Limits struct {
	// BurstWarning is how long a task may run without a wait before the log
	// says so, with its name and line. Zero means 250 ms.
	BurstWarning time.Duration

	// Burst is how long it may run without a wait at all: then it is ended.
	// Zero means 2 s.
	Burst time.Duration

	// Handler is how long one run of what comes again and again by itself may
	// take, its waits included: an event handler, or a turn of a timer that
	// every made. One that waits for ever would be joined by the next, until
	// the script can begin nothing more, or would leave its timer silent. What
	// a script starts on purpose and once, with spawn, after and on_start, has
	// no such limit: a loop that sleeps belongs there. (A tool call has its
	// own, the top level and on_unload have theirs.) Zero means 10 minutes.
	Handler time.Duration
}

func (l Limits) complete() Limits {
	if l.BurstWarning == 0 {
		l.BurstWarning = 250 * time.Millisecond
	}
	if l.Burst == 0 {
		l.Burst = 2 * time.Second
	}
	if l.Handler == 0 {
		l.Handler = 10 * time.Minute
	}
	return l
}

// placed stands between a reason and the place in a script it is about.
const placed = ", at "

// look is what the hook does every few thousand instructions: it lets the
// goroutines of the socket and the sound run, ends a task that runs for too
// long, and gives the run slot up when others wait.
func (x *executor) look() {
	runtime.Gosched()
	if x.crowded {
		yieldThread()
	}
	x.pulse.Add(1)
	x.heap.look(x)
	t := x.hook.task.Load()
	burst := x.turn.total() - t.resumed
	if burst >= x.limits.BurstWarning && !t.warned.Load() {
		x.warnOf(t, "at "+x.place())
	}
	if burst >= x.limits.Burst {
		t.kill.kill(x.ranTooLong() + placed + x.place())
	}
	x.turn.pass(false)
}

func (x *executor) ranTooLong() string {
	return fmt.Sprintf("ran for %v without a wait", x.limits.Burst)
}

// warnOf says once of each burst that it is long. Any goroutine may call it.
func (x *executor) warnOf(t *task, where string) {
	if t.warned.CompareAndSwap(false, true) {
		x.warn(fmt.Sprintf("%s has run for %v without a wait, %s: nothing else of this script can run",
			t.name, x.limits.BurstWarning, where))
	}
}

// place is the file and line that runs, or that has called the Go function that
// does.
func (x *executor) place() string {
	for level := 0; ; level++ {
		switch where := x.running.now.Where(level); {
		case where == "":
			return "a function of the library" // that pcall has called
		case !strings.HasPrefix(where, "[G]"):
			return strings.TrimSuffix(where, ":")
		}
	}
}

// Breathe lets a Go function that takes long be as polite as Lua: see
// luastd.Breather. It raises when the task has been killed.
func (x *executor) Breathe(L *lua.LState) {
	x.look()
	if t := x.hook.task.Load(); t.killed.Load() {
		L.RaiseError("%s", t.why())
	}
}

// used is how long the task has run Lua. On the executor's goroutine.
func (x *executor) used(t *task) time.Duration { return t.cpu + x.turn.total() - t.resumed }
