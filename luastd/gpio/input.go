package gpio

import (
	"context"
	"log/slog"
	"sync"
	"time"

	"moonlark/engine/pins"
	"moonlark/luastd/callbacks"
)

// An input is an open input, and the queue of the changes that the script has not handled. It outlives
// the generations of the script: it is a luastd.Resource. Any goroutine may call its methods.
type input struct {
	board pins.Board   // fixed
	names []pins.Name  // fixed
	first pins.Request // fixed; the request, without the chip, the lines and the functions

	mu      sync.Mutex // guards the fields below, and those of the receivers. The lines are not used under it
	lines   pins.Lines
	watched bool      // changes are noticed
	user    *receiver // gets the changes; nil between two generations
	queue   []item
	waiters map[*waiter]struct{}
	failure *pins.Error // why there are no more changes; nil if there are
	stopped bool

	seq    uint32    // the number of the last change that was not dropped
	second time.Time // when the present second began, and how many changes have come in it
	count  int
	press  event // the change that began the present press; its value is false while nothing is pressed
}

// An event is a change as the script gets it.
type event struct {
	value bool
	time  time.Time
	seq   uint32
	lost  uint32 // the number of changes that were dropped before it
}

// An item is an event that waits for the functions of the script.
type item struct {
	event
	callback *callback // the only function that gets it; nil: those for changes
}

// A waiter waits for an event. The mutex of the input guards result.
type waiter struct {
	wants  func(event) bool
	result any // an event or a *pins.Error; nil while the waiter waits
	ended  callbacks.Signal
}

// openInput opens an input.
func openInput(b pins.Board, names []pins.Name, r pins.Request) (*input, error) {
	in := &input{board: b, names: names, first: r, waiters: map[*waiter]struct{}{}}
	return in, in.request()
}

// request opens the line. If the chip cannot notice changes, the line is opened without.
func (in *input) request() error {
	r := in.first
	if err := resolve(in.board, &r, in.names); err != nil {
		return err
	}
	in.mu.Lock()
	in.seq, in.failure, in.press = 0, nil, event{}
	in.mu.Unlock()
	watched := r
	watched.Event, watched.Lost = in.note, in.lose
	lines, err := in.board.Request(watched)
	isWatched := err == nil
	if e := asError(err); e != nil && e.Code == "unsupported" {
		r.Debounce = 0
		lines, err = in.board.Request(r)
	}
	if err != nil {
		return err
	}
	in.mu.Lock()
	defer in.mu.Unlock()
	in.lines, in.watched = lines, isWatched
	return nil
}

// read returns the present value.
func (in *input) read() ([]bool, error) {
	in.mu.Lock()
	lines, stopped := in.lines, in.stopped
	in.mu.Unlock()
	if stopped {
		return nil, errClosed
	}
	return lines.Values()
}

// note handles a change. It is the Event of the request.
func (in *input) note(e pins.Event) {
	in.mu.Lock()
	defer in.mu.Unlock()
	if e.Time.Sub(in.second) >= time.Second {
		in.second, in.count = e.Time, 0
	}
	if in.count++; in.count > maxRate || in.stopped {
		in.user.countDropped(1)
		return
	}
	ev := event{value: e.Value, time: e.Time, seq: e.Seq, lost: e.Seq - in.seq - 1}
	in.seq, in.press = e.Seq, event{}
	if ev.value {
		in.press = ev
	}
	for w := range in.waiters {
		if w.wants(ev) {
			delete(in.waiters, w)
			w.end(ev)
		}
	}
	if in.user == nil {
		in.push(item{event: ev})
		return
	}
	if in.user.wantsChanges() {
		in.push(item{event: ev})
	}
	in.user.note(ev)
}

// push puts an item into the queue. If the queue is full, it drops the oldest one. The caller holds
// in.mu.
func (in *input) push(i item) {
	if len(in.queue) == maxQueue {
		oldest := in.queue[0]
		in.queue = in.queue[1:]
		if len(in.queue) > 0 && oldest.callback == nil {
			in.queue[0].lost += oldest.lost + 1
		}
		in.user.countDropped(1)
	}
	in.queue = append(in.queue, i)
	in.user.wakeTask()
}

// lose handles that the chip was taken away. It is the Lost of the request.
func (in *input) lose(err *pins.Error) {
	in.mu.Lock()
	defer in.mu.Unlock()
	in.failure = err
	for w := range in.waiters {
		w.end(err)
	}
	clear(in.waiters)
	if in.user != nil {
		in.user.pin.m.rt.Log(slog.LevelWarn, in.user.pin.function+" "+in.user.pin.name+": "+err.Error())
	}
}

// attach makes r get the changes, also those in the queue, in place of the receiver before. It opens a
// line again whose chip had been taken away.
func (in *input) attach(r *receiver) error {
	in.mu.Lock()
	if old := in.user; old != nil {
		in.release(old)
	}
	in.user, r.in = r, in
	if in.press.value {
		r.startHolds(in.press)
	}
	r.wakeTask()
	lines := in.lines
	in.mu.Unlock()
	if _, err := lines.Values(); isLost(err) {
		lines.Close()
		return in.request()
	}
	return nil
}

// release ends the use by r. Changes that are meant for functions of r only are dropped. The caller
// holds in.mu.
func (in *input) release(r *receiver) {
	r.ended = true
	r.stopTimers()
	r.wakeTask()
	if in.user != r {
		return
	}
	in.user = nil
	var rest []item
	for _, i := range in.queue {
		if i.callback == nil {
			rest = append(rest, i)
		}
	}
	in.queue = rest
}

// Stop closes the line.
func (in *input) Stop() {
	in.mu.Lock()
	in.stopped, in.queue = true, nil
	for w := range in.waiters {
		w.end(errClosed)
	}
	clear(in.waiters)
	in.user.wakeTask()
	lines := in.lines
	in.mu.Unlock()
	lines.Close()
}

// Close does nothing: Stop has closed the line.
func (in *input) Close(context.Context) {}
