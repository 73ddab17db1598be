package script

import (
	"fmt"
	"time"

	lua "github.com/yuin/gopher-lua"

	"moonlark/engine/clock"
	"moonlark/engine/script/vm"
	"moonlark/luastd"
)

// maxTimers is how many timers a script may have at the same time.
const maxTimers = 1024

// A timer runs a Lua function once or several times, at the times that its pace says. Only the
// executor's goroutine uses its fields.
type timer struct {
	g       *generation
	run     luastd.Run
	pace    pace
	timeout time.Duration // of a run; 0 means no limit

	stopped   bool        // there is no further run; the timer is not in g.timers, unless it is armed
	running   bool        // the function is running
	restarted bool        // Restart has been called while the function was running
	armed     bool        // the clock runs, or its message is in the mailbox
	clock     clock.Timer // queues a call of wake
}

// A pace says when a timer runs. Only the executor's goroutine uses it.
type pace interface {
	// begin sets the time of the first run. It is called when the timer starts, or starts again.
	begin()
	// follow sets the time of the run after one that has ended. It returns false if there is none.
	follow() bool
	// wait returns how long the timer must wait before it calls ready. ok is false if there is no
	// further run.
	wait() (delay time.Duration, ok bool)
	// ready reports whether the next run must begin now. It may change the time of the next run.
	ready() bool
	// due returns the time of the next run that begin, follow or ready has set. ok is false if
	// there is none.
	due() (t time.Time, ok bool)
	// after returns the time of the run after one that is in progress, like due.
	after() (t time.Time, ok bool)
}

// After makes a timer that runs what run says after delay, or every delay if repeat is true: see
// luastd.Starter.
func (g *generation) After(delay time.Duration, repeat bool, run luastd.Run) (luastd.Timer, error) {
	return g.newTimer(&delayPace{g: g, delay: delay, repeat: repeat}, repeat, run)
}

// Schedule makes a timer that runs what run says at the times of a schedule: see luastd.Starter.
func (g *generation) Schedule(s luastd.Schedule, run luastd.Run) (luastd.Timer, error) {
	return g.newTimer(&schedulePace{g: g, schedule: s, name: run.Name}, !s.Once, run)
}

// newTimer makes a timer. If the top level is still running, the timer starts when the generation
// does. newTimer returns an error if the script has too many timers, or if the generation has been
// replaced.
func (g *generation) newTimer(p pace, repeat bool, run luastd.Run) (luastd.Timer, error) {
	t := &timer{g: g, run: run, pace: p, stopped: true}
	if repeat {
		t.timeout = g.scripts.opts.Limits.Handler
	}
	if err := t.add(); err != nil {
		return nil, err
	}
	start := func() {
		// on_start may have cancelled the timer, or restarted it, so that it has even run.
		if !t.stopped && !t.armed && !t.running {
			t.pace.begin()
			t.arm()
		}
	}
	if g.stage == stageInUse {
		start()
	} else {
		g.pending = append(g.pending, start)
	}
	return t, nil
}

// add adds a stopped timer to the timers of the generation.
func (t *timer) add() error {
	_, counted := t.g.timers[t]
	switch {
	case t.g.stage == stageUnloading:
		return fmt.Errorf("%s: %w", t.run.Name, luastd.ErrReplaced)
	case !counted && len(t.g.timers) >= maxTimers:
		return fmt.Errorf("%s: more than %d timers", t.run.Name, maxTimers)
	}
	t.stopped = false
	t.g.timers[t] = struct{}{}
	return nil
}

// Cancel prevents further runs: see luastd.Timer. If the message of the clock is in the mailbox,
// the timer counts towards maxTimers until the message is taken out. Otherwise a script could fill
// the mailbox with the messages of cancelled timers.
func (t *timer) Cancel() {
	t.stopped, t.restarted = true, false
	if t.armed && t.clock.Stop() {
		t.armed = false
	}
	if !t.armed {
		delete(t.g.timers, t)
	}
}

// Restart starts the timer anew, also after its last run, or after Cancel: see luastd.Timer.
func (t *timer) Restart() error {
	if t.stopped {
		if err := t.add(); err != nil {
			return err
		}
	}
	if t.g.stage < stageInUse {
		return nil // the generation starts the timer
	}
	t.pace.begin()
	switch {
	case t.running:
		t.restarted = true
	case t.armed && !t.clock.Stop():
		// The message in the mailbox calls arm.
	default:
		t.arm()
	}
	return nil
}

// Next returns when the next run begins: see luastd.Timer.
func (t *timer) Next() (next time.Time, ok bool) {
	switch {
	case t.stopped:
		return time.Time{}, false
	case t.g.stage < stageInUse:
		t.pace.begin() // as if the generation started now
	case t.running && !t.restarted:
		return t.pace.after()
	}
	return t.pace.due()
}

// arm starts the clock, which queues a call of wake.
func (t *timer) arm() {
	if t.armed = false; t.stopped {
		return
	}
	delay, ok := t.pace.wait()
	if !ok {
		t.Cancel()
		return
	}
	t.armed = true
	t.clock = t.g.AfterFunc(delay, func() { t.g.x.Put(vm.Timer, t.wake) })
}

// wake handles the message of the clock. It starts the task that runs the function if it is time.
func (t *timer) wake() {
	if t.armed = false; t.stopped {
		delete(t.g.timers, t)
		return
	}
	if !t.pace.ready() {
		t.arm()
		return
	}
	t.running = true
	due, _ := t.pace.due()
	task := t.g.newTask(t.run.Name, t.run.Fn, func(L *lua.LState) (int, error) {
		if t.run.Args == nil {
			return 0, nil
		}
		args := t.run.Args(due)
		for _, v := range args {
			L.Push(v)
		}
		return len(args), nil
	})
	task.End = func(_ *lua.LState, err error) {
		t.g.report(task.Name, t.run.Fn, err)
		t.finishRun()
	}
	task.Timeout = t.timeout
	t.g.x.StartTask(task)
}

// finishRun is called when a run has ended. It starts the clock for the next run, if there is one.
func (t *timer) finishRun() {
	t.running = false
	switch {
	case t.stopped:
	case t.restarted || t.pace.follow():
		t.restarted = false
		t.arm()
	default:
		t.Cancel()
	}
}
