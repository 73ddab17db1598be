package gpio

import (
	"fmt"
	"slices"
	"time"

	lua "github.com/yuin/gopher-lua"

	"moonlark/engine/clock"
	"moonlark/luastd"
	"moonlark/luastd/callbacks"
)

// The kinds of functions that a script can set for an input. They are the names of the methods.
const (
	onChange  = "on_change"
	onPress   = "on_press"
	onRelease = "on_release"
	onHold    = "on_hold"
	onClick   = "on_click"
)

// A callback is a function of the script for changes of an input.
type callback struct {
	kind      string
	fn        *lua.LFunction
	hold      time.Duration // of on_hold
	clicks    int           // of on_click: the number of presses
	cancelled bool          // for the executor's goroutine
	receiver  *receiver
	timer     clock.Timer // of on_hold while something is pressed
}

// A receiver has the functions of one generation for an input. The mutex of the input guards the fields
// below in; before that is set, they belong to the executor's goroutine.
type receiver struct {
	pin *pin // fixed
	in  *input

	callbacks []*callback
	ended     bool             // another generation has the input, or the pin is closed
	running   bool             // the task that calls the functions has been started
	changed   callbacks.Signal // sent when the task has something to do
	// due are the functions that the task has yet to call for the change or press dueEvent.
	due      []*callback
	dueEvent event
	clicks   int // number of presses of the click that goes on
	pressed  time.Time
	clickEnd clock.Timer // ends the click that goes on
}

func newReceiver(p *pin) *receiver { return &receiver{pin: p} }

// locked calls f while nobody else uses the receiver.
func (r *receiver) locked(f func()) {
	if r.in != nil {
		r.in.mu.Lock()
		defer r.in.mu.Unlock()
	}
	f()
}

// In the comments below, in.mu is the mutex of the input whose changes the receiver gets.

// wakeTask wakes the task that calls the functions. r may be nil. The caller must hold in.mu.
func (r *receiver) wakeTask() {
	if r != nil {
		r.changed.Send()
	}
}

// countDropped counts changes that were dropped. r may be nil. The caller must hold in.mu.
func (r *receiver) countDropped(n int) {
	if r != nil {
		r.pin.m.rt.CountDropped("gpio", "changes of pins", n)
	}
}

// wantsChanges reports whether a function is called for changes. The caller must hold in.mu.
func (r *receiver) wantsChanges() bool {
	return slices.ContainsFunc(r.callbacks, func(c *callback) bool { return c.kind != onHold && c.kind != onClick })
}

// note starts and stops what follows from a change: holds and clicks. The caller must hold in.mu.
func (r *receiver) note(e event) {
	if !e.value {
		for _, c := range r.callbacks {
			c.stop()
		}
		return
	}
	r.startHolds(e)
	maxPresses := 0
	for _, c := range r.callbacks {
		maxPresses = max(maxPresses, c.clicks)
	}
	if maxPresses > 0 {
		r.click(e, maxPresses)
	}
}

// startHolds starts the timers of on_hold for a press. The caller must hold in.mu.
func (r *receiver) startHolds(press event) {
	for _, c := range r.callbacks {
		if c.kind == onHold {
			c.startHold(press)
		}
	}
}

// startHold starts the timer of on_hold for a press that may have begun before. The caller must
// hold in.mu.
func (c *callback) startHold(press event) {
	c.stop()
	r, rt := c.receiver, c.receiver.pin.m.rt
	var timer clock.Timer
	timer = rt.AfterFunc(max(0, c.hold-rt.Elapsed().Sub(press.time)), func() {
		r.in.mu.Lock()
		defer r.in.mu.Unlock()
		if c.timer == timer && !r.ended {
			c.timer = nil
			r.in.push(item{press, c})
		}
	})
	c.timer = timer
}

// stop stops the timer of on_hold. The caller must hold in.mu.
func (c *callback) stop() {
	if c.timer != nil {
		c.timer.Stop()
		c.timer = nil
	}
}

// click counts a press. The click ends at once with its press number maxPresses, which is the largest
// number of presses that a function waits for. The caller must hold in.mu.
func (r *receiver) click(e event, maxPresses int) {
	if e.time.Sub(r.pressed) > clickGap {
		r.clicks = 0
	}
	r.pressed = e.time
	r.clicks++
	if r.clickEnd != nil {
		r.clickEnd.Stop()
		r.clickEnd = nil
	}
	if r.clicks == maxPresses {
		r.endClick(e)
		return
	}
	var timer clock.Timer
	timer = r.pin.m.rt.AfterFunc(clickGap, func() {
		r.in.mu.Lock()
		defer r.in.mu.Unlock()
		if r.clickEnd == timer && !r.ended {
			r.clickEnd = nil
			r.endClick(e)
		}
	})
	r.clickEnd = timer
}

// endClick lets the functions for the click that has ended be called. The caller must hold in.mu.
func (r *receiver) endClick(last event) {
	for _, c := range r.callbacks {
		if c.clicks == r.clicks {
			r.in.push(item{last, c})
		}
	}
	r.clicks, r.pressed = 0, time.Time{}
}

// stopTimers stops all timers. The caller must hold in.mu.
func (r *receiver) stopTimers() {
	for _, c := range r.callbacks {
		c.stop()
	}
	if r.clickEnd != nil {
		r.clickEnd.Stop()
		r.clickEnd = nil
	}
}

// end ends the use of the input by this generation. Any goroutine may call it when the generation has
// ended, more than once.
func (r *receiver) end() {
	r.locked(func() {
		if r.in != nil {
			r.in.release(r)
			return
		}
		r.ended = true
		r.wakeTask()
	})
}

// add adds a callback, and starts the task that calls the functions if there is none yet.
func (r *receiver) add(L *lua.LState, c *callback) error {
	m := r.pin.m
	if m.functions >= maxFunctions {
		return fmt.Errorf("there are %d functions for inputs: cancel those that are not needed any more", m.functions)
	}
	m.functions++
	c.receiver = r
	start := false
	r.locked(func() {
		if len(r.callbacks) == 0 && r.in != nil {
			r.in.dropOld(m.rt.Elapsed().Add(-handover))
		}
		r.callbacks = append(r.callbacks, c)
		if c.kind == onHold && r.in != nil && r.in.press.value {
			c.startHold(r.in.press)
		}
		start = !r.running
		r.running = true
	})
	if !start {
		return nil
	}
	_, err := m.rt.Start(luastd.TaskSpec{Name: "gpio", Fn: L.NewFunction(r.deliver)})
	if err != nil {
		r.remove(c)
		r.locked(func() { r.running = false })
	}
	return err
}

// dropOld drops the changes that have come before a time. The caller holds in.mu.
func (in *input) dropOld(before time.Time) {
	in.queue = slices.DeleteFunc(in.queue, func(i item) bool { return i.time.Before(before) })
}

// removeAll removes all callbacks.
func (r *receiver) removeAll() {
	var all []*callback
	r.locked(func() { all = slices.Clone(r.callbacks) })
	for _, c := range all {
		r.remove(c)
	}
}

// remove removes a callback.
func (r *receiver) remove(c *callback) {
	if c.cancelled {
		return
	}
	c.cancelled = true
	r.pin.m.functions--
	r.locked(func() {
		c.stop()
		r.callbacks = slices.DeleteFunc(r.callbacks, func(other *callback) bool { return other == c })
	})
}
