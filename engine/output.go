package engine

import (
	"sync"
	"time"

	"moonlark/engine/event"
)

const (
	mostEvents = 4096     // that may wait to be shown
	mostShown  = 16 << 20 // bytes of text in them, but for one event alone

	// breath is how long the output rests after it has shown what there was,
	// so that a flood of events wakes it two hundred times a second at most.
	breath = 5 * time.Millisecond
)

// An output hands events to whoever shows them, on a goroutine of its own, so
// that a slow terminal or pipe holds up neither the socket nor a script. What
// it cannot hold is dropped and counted.
type output struct {
	show func(event.Event) // called on the output's goroutine alone
	wake chan struct{}     // has a value when there is something new, or the end
	done chan struct{}     // closed when the goroutine has ended

	ending chan struct{} // closed when it is about to

	mu      sync.Mutex // guards what follows
	waiting []event.Event
	bytes   int // of their texts
	dropped int
	closed  bool
}

func newOutput(show func(event.Event)) *output {
	o := &output{show: show, wake: make(chan struct{}, 1), done: make(chan struct{}), ending: make(chan struct{})}
	go o.run()
	return o
}

// post queues an event and never blocks. Any goroutine may call it.
func (o *output) post(e event.Event) {
	e.Time = time.Now()
	o.mu.Lock()
	defer o.mu.Unlock()
	switch {
	case o.closed:
		return
	case len(o.waiting) >= mostEvents, len(o.waiting) > 0 && o.bytes+len(e.Text) > mostShown:
		o.dropped++
		return
	case o.dropped > 0:
		o.waiting = append(o.waiting, event.Event{Type: event.Dropped, Time: e.Time, Count: o.dropped})
		o.dropped = 0
	}
	o.waiting = append(o.waiting, e)
	o.bytes += len(e.Text)
	o.nudge()
}

func (o *output) nudge() {
	select {
	case o.wake <- struct{}{}:
	default:
	}
}

func (o *output) run() {
	defer close(o.done)
	var batch []event.Event
	for range o.wake {
		o.mu.Lock()
		batch, o.waiting, o.bytes = o.waiting, batch[:0], 0
		closed, dropped := o.closed, o.dropped
		if closed && dropped > 0 {
			batch = append(batch, event.Event{Type: event.Dropped, Time: time.Now(), Count: dropped})
		}
		o.mu.Unlock()
		for _, e := range batch {
			o.show(e)
		}
		clear(batch)
		if closed {
			return
		}
		select {
		case <-o.ending:
		case <-time.After(breath):
		}
	}
}

// depth is how many events wait to be shown.
func (o *output) depth() int {
	o.mu.Lock()
	defer o.mu.Unlock()
	return len(o.waiting)
}

// close lets what waits be shown, but waits for that no longer than patience:
// whoever reads may have stopped for good.
func (o *output) close(patience time.Duration) {
	o.mu.Lock()
	if !o.closed {
		close(o.ending)
	}
	o.closed = true
	o.nudge()
	o.mu.Unlock()
	select {
	case <-o.done:
	case <-time.After(patience):
	}
}
