package script

import (
	"sync/atomic"
	"time"
)

// An alarm has the hook look at the clock when it is time to, though few
// instructions have run: one alone may take long, such as a call of string.rep.
// It rings a slice after it was set, and until it is set again: by the hook, so
// that none of this costs anything while no Lua runs.
type alarm struct {
	rung  atomic.Bool
	timer *time.Timer // the executor goroutine's own
}

// set winds the alarm up. On the executor's goroutine.
func (a *alarm) set() {
	a.rung.Store(false)
	if a.timer == nil {
		a.timer = time.AfterFunc(slice, func() { a.rung.Store(true) })
		return
	}
	a.timer.Reset(slice)
}

// rings says whether it rings, and if so sets it again. On the executor's
// goroutine.
func (a *alarm) rings() bool {
	if !a.rung.Load() {
		return false
	}
	a.set()
	return true
}

// stop ends it for good.
func (a *alarm) stop() { a.timer.Stop() }
