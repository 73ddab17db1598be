package vm

import "time"

// A burstWatchdog limits the burst of a task while Go code calls Lua functions back. gopher-luar
// runs such a Lua function under a context derived from the hook, so the hook is not called at its
// instructions. The watchdog checks the limits on a timer instead. A watchdog is removed
// when the task waits or ends.
type burstWatchdog struct {
	x          *Executor
	task       *Task
	burstStart time.Duration // CPU time of the executor when the present burst of the task began
	timer      *time.Timer
}

// startWatchdog starts a watchdog for t if t has none. Call it on the executor's goroutine while t
// runs, with t.mu locked.
func (x *Executor) startWatchdog(t *Task) {
	if t.watchdog == nil {
		w := &burstWatchdog{x: x, task: t, burstStart: t.burstStart}
		w.timer = time.AfterFunc(w.untilNextCheck(), w.check)
		t.watchdog = w
	}
}

// resumeWatchdog starts a watchdog when t continues after a wait in a Lua function that Go code
// called.
func (x *Executor) resumeWatchdog(t *Task) {
	if x.hook.alive == nil {
		return
	}
	t.mu.Lock()
	defer t.mu.Unlock()
	if len(t.contexts) > 0 {
		x.startWatchdog(t)
	}
}

// stopWatchdog stops the watchdog of t, if t has one, because t has begun to wait or has ended.
func (x *Executor) stopWatchdog(t *Task) {
	if x.hook.alive == nil {
		return
	}
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.watchdog != nil {
		t.watchdog.timer.Stop()
		t.watchdog = nil
	}
}

// burst returns how long the task has run without a wait.
func (w *burstWatchdog) burst() time.Duration { return w.x.slot.total() - w.burstStart }

// untilNextCheck returns how much longer the task may run before it must be warned about or killed.
func (w *burstWatchdog) untilNextCheck() time.Duration {
	burst, limits := w.burst(), w.x.opts.Limits
	if burst < limits.BurstWarning {
		return limits.BurstWarning - burst
	}
	return max(limits.Burst-burst, 0)
}

// check warns about the task or kills it when its burst is too long. It runs on the timer's
// goroutine.
func (w *burstWatchdog) check() {
	// The burst is measured before isNeeded checks that the task still runs. In the opposite order,
	// the task could wait in between, and its next burst would be measured.
	burst := w.burst()
	if !w.isNeeded() {
		return
	}
	if burst >= w.x.opts.Limits.BurstWarning {
		w.x.warnOfBurst(w.task, "in a function that Go has called")
	}
	if burst >= w.x.opts.Limits.Burst {
		w.task.killFlag.set(w.x.burstReason())
		return
	}
	w.task.mu.Lock()
	defer w.task.mu.Unlock()
	if w.task.watchdog == w {
		w.timer.Reset(max(w.untilNextCheck(), time.Millisecond))
	}
}

// isNeeded reports whether the task still runs in the same burst and Go code is still calling a Lua
// function back. If only the callback has ended, isNeeded removes the watchdog from the task.
func (w *burstWatchdog) isNeeded() bool {
	w.task.mu.Lock()
	defer w.task.mu.Unlock()
	if w.task.watchdog == w && len(w.task.contexts) == 0 {
		w.task.watchdog = nil
	}
	return w.task.watchdog == w
}
