package script

import "time"

// A watcher bounds the burst of a task for one step, in place of the hook, when
// contexts are derived from that: Lua that a Go function has called back runs
// under one, and asks only that.
type watcher struct {
	x       *executor
	task    *task
	resumed time.Duration // slot-held time of the executor when the step began
	clock   *time.Timer
}

// watch has a task watched that now has a derived context. The caller holds the
// mutex of the task's kill, on the executor's goroutine, in a step of the task.
func (x *executor) watch(t *task) {
	if t.watcher == nil {
		w := &watcher{x: x, task: t, resumed: t.resumed}
		w.clock = time.AfterFunc(w.left(), w.look)
		t.watcher = w
	}
}

// watchOn is asked at the beginning of each step: a function that Go has called
// back may have waited.
func (x *executor) watchOn(t *task) {
	if x.hook.alive == nil {
		return
	}
	t.mu.Lock()
	defer t.mu.Unlock()
	if len(t.derived) > 0 {
		x.watch(t)
	}
}

// unwatch is asked at the end of each step.
func (x *executor) unwatch(t *task) {
	if x.hook.alive == nil {
		return
	}
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.watcher != nil {
		t.watcher.clock.Stop()
		t.watcher = nil
	}
}

func (w *watcher) used() time.Duration { return w.x.turn.total() - w.resumed }

// left is how long the task may still run before there is something to do.
func (w *watcher) left() time.Duration {
	used, limits := w.used(), w.x.limits
	if used < limits.BurstWarning {
		return limits.BurstWarning - used
	}
	return max(limits.Burst-used, 0)
}

// look is called by the clock.
func (w *watcher) look() {
	used := w.used() // first: what is still the step after that was it before
	if !w.goesOn() {
		return
	}
	if used >= w.x.limits.BurstWarning {
		w.x.warnOf(w.task, "in a function that Go has called")
	}
	if used >= w.x.limits.Burst {
		w.task.kill.kill(w.x.ranTooLong())
		return
	}
	w.task.mu.Lock()
	defer w.task.mu.Unlock()
	if w.task.watcher == w {
		w.clock.Reset(max(w.left(), time.Millisecond))
	}
}

// goesOn says whether there is still something to watch in this step.
func (w *watcher) goesOn() bool {
	w.task.mu.Lock()
	defer w.task.mu.Unlock()
	if w.task.watcher == w && len(w.task.derived) == 0 {
		w.task.watcher = nil
	}
	return w.task.watcher == w
}
