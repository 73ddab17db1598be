// Package clock has the clock by which scripts measure time: that of the machine, or a fake one that
// a test moves forward.
package clock

import (
	"slices"
	"sync"
	"time"
)

// A Clock runs functions when time has passed. Any goroutine may call its methods.
type Clock interface {
	// Now returns the present time. The difference between two results is the time that has passed
	// between the calls.
	Now() time.Time
	// AfterFunc calls f when d has passed, on a goroutine of the clock. f must not block.
	AfterFunc(d time.Duration, f func()) Timer
}

// A Timer is made by AfterFunc.
type Timer interface {
	// Stop prevents the call of the function. It returns false if the function has been called, or
	// is about to be called.
	Stop() bool
	// Reset lets the function be called when d has passed from now on. Call it after Stop. It returns
	// true if the timer was still running.
	Reset(d time.Duration) bool
}

// Machine is the clock of the machine.
type Machine struct{}

// Now implements [Clock].
func (Machine) Now() time.Time { return time.Now() }

// AfterFunc implements [Clock].
func (Machine) AfterFunc(d time.Duration, f func()) Timer { return time.AfterFunc(d, f) }

// A Fake is a clock for tests. It stands still until Step is called.
type Fake struct {
	mu     sync.Mutex // guards the fields below
	now    time.Time
	timers []*fakeTimer // sorted by their time; those of the same time in the order of their creation
}

type fakeTimer struct {
	clock *Fake
	at    time.Time
	f     func()
}

// NewFake returns a Fake that shows the time now.
func NewFake(now time.Time) *Fake { return &Fake{now: now} }

// Now returns the time that the clock shows.
func (c *Fake) Now() time.Time {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.now
}

// AfterFunc lets Step call f when the clock has moved forward by d.
func (c *Fake) AfterFunc(d time.Duration, f func()) Timer {
	t := &fakeTimer{clock: c, f: f}
	t.Reset(d)
	return t
}

// add adds t, which must not be in the list. The caller holds c.mu.
func (c *Fake) add(t *fakeTimer) {
	i, _ := slices.BinarySearchFunc(c.timers, t, func(other, t *fakeTimer) int {
		if other.at.After(t.at) {
			return 1
		}
		return -1 // also if the times are equal, so that t comes after the other
	})
	c.timers = slices.Insert(c.timers, i, t)
}

// remove removes t. It returns false if t is not in the list. The caller holds c.mu.
func (c *Fake) remove(t *fakeTimer) bool {
	i := slices.Index(c.timers, t)
	if i >= 0 {
		c.timers = slices.Delete(c.timers, i, i+1)
	}
	return i >= 0
}

func (t *fakeTimer) Stop() bool {
	t.clock.mu.Lock()
	defer t.clock.mu.Unlock()
	return t.clock.remove(t)
}

func (t *fakeTimer) Reset(d time.Duration) bool {
	c := t.clock
	c.mu.Lock()
	defer c.mu.Unlock()
	active := c.remove(t)
	t.at = c.now.Add(max(d, 0))
	c.add(t)
	return active
}

// Next returns the time of the next timer. ok is false if there is none.
func (c *Fake) Next() (at time.Time, ok bool) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if len(c.timers) == 0 {
		return time.Time{}, false
	}
	return c.timers[0].at, true
}

// Step moves the clock forward to the time of the next timer, but at most to end, and calls the
// function of the timer, on the goroutine that calls Step. It returns false, with the clock at end,
// if no timer is due by then. It never moves the clock back.
func (c *Fake) Step(end time.Time) bool {
	c.mu.Lock()
	if len(c.timers) == 0 || c.timers[0].at.After(end) {
		if end.After(c.now) {
			c.now = end
		}
		c.mu.Unlock()
		return false
	}
	t := c.timers[0]
	c.timers = slices.Delete(c.timers, 0, 1)
	if t.at.After(c.now) {
		c.now = t.at
	}
	c.mu.Unlock()
	t.f()
	return true
}
