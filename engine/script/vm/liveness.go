package vm

import (
	"context"
	"sync"
	"time"
)

// livenessInterval is how often Responds checks whether the executor has run Lua instructions.
const livenessInterval = 10 * time.Millisecond

// Responds reports whether the executor handles a message or runs Lua instructions before ctx is
// done. It returns false when a Go function blocks the executor for that long. It returns true for
// a closed executor, and for one that a debugger holds.
func (x *Executor) Responds(ctx context.Context) bool {
	before := x.housekeepingRuns.Load()
	answered := x.probe.send(x)
	tick := time.NewTicker(livenessInterval)
	defer tick.Stop()
	for {
		select {
		case <-answered:
			return true
		case <-x.done:
			return true
		case <-tick.C:
			if x.housekeepingRuns.Load() != before || x.Held() {
				return true
			}
		case <-ctx.Done():
			return false
		}
	}
}

// A probe sends empty messages to an executor to find out whether the executor handles messages. At
// most one of these messages is queued: further callers of send wait for the same message.
type probe struct {
	mu sync.Mutex // guards the fields below
	// closed when the executor handles the message; nil before the first message
	answered chan struct{}
}

// send queues an empty message, unless one is queued already. It returns a channel that is closed
// when the executor handles the message.
func (p *probe) send(x *Executor) <-chan struct{} {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.answered != nil {
		select {
		case <-p.answered:
		default:
			return p.answered
		}
	}
	answered := make(chan struct{})
	p.answered = answered
	if x.Post(func() { close(answered) }) != nil {
		close(answered) // a closed executor counts as responding
	}
	return answered
}
