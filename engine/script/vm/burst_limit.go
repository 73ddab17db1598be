package vm

import (
	"fmt"
	"strings"
	"time"

	lua "github.com/yuin/gopher-lua"
)

// Limits are the time limits of a burst. A burst is the time that a task runs Lua code without a
// wait. The time during which the task's executor has no run slot does not count.
type Limits struct {
	// BurstWarning is how long a burst may last before Options.Warn is called with the name of the
	// task and the line that runs. Zero means 250 ms.
	BurstWarning time.Duration
	// Burst is how long a burst may last before the task is killed. Zero means 2 s.
	Burst time.Duration
}

func (l Limits) withDefaults() Limits {
	if l.BurstWarning == 0 {
		l.BurstWarning = 250 * time.Millisecond
	}
	if l.Burst == 0 {
		l.Burst = 2 * time.Second
	}
	return l
}

// checkBurst warns about the running task t, or kills t, if the present burst of t is too long.
func (x *Executor) checkBurst(t *Task) {
	burst := x.slot.total() - t.burstStart
	if burst >= x.opts.Limits.BurstWarning && !t.burstWarned.Load() {
		x.warnOfBurst(t, "at "+x.currentLine())
	}
	if burst >= x.opts.Limits.Burst {
		t.killFlag.set(x.burstReason() + lineMark + x.currentLine())
	}
}

// burstReason returns the kill reason of a task that is killed because its burst was too long.
func (x *Executor) burstReason() string {
	return fmt.Sprintf("ran for %v without a wait", x.opts.Limits.Burst)
}

// warnOfBurst warns that the burst of t is long. position says what t runs, such as "at
// lights.lua:12". warnOfBurst warns only once in each burst. Any goroutine may call it.
func (x *Executor) warnOfBurst(t *Task, position string) {
	if t.burstWarned.CompareAndSwap(false, true) {
		x.opts.Warn(fmt.Sprintf("%s has run for %v without a wait, %s: nothing else of this script can run",
			t.Name, x.opts.Limits.BurstWarning, position))
	}
}

// currentLine returns the file and line of the Lua code that the running task executes. If the task
// is in a Go function, currentLine returns the line that called the Go function.
func (x *Executor) currentLine() string {
	for level := 0; ; level++ {
		switch where := x.running.thread().Where(level); {
		case where == "":
			// pcall called the Go function directly, so no line of Lua code did.
			return "a function of the library"
		case !strings.HasPrefix(where, "[G]"):
			return strings.TrimSuffix(where, ":")
		}
	}
}

// Checkpoint gives other goroutines time to run and applies the time limits of the running task. A
// Go function that runs long must call it every few milliseconds, because the hook runs only
// between Lua instructions. Checkpoint raises a Lua error when the task has been killed.
func (x *Executor) Checkpoint(L *lua.LState) {
	x.housekeeping()
	if t := x.hook.task.Load(); t.killed.Load() {
		L.RaiseError("%s", t.killReason())
	}
}
