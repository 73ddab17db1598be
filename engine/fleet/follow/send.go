package follow

import (
	"context"
	"encoding/json"
	"errors"
	"maps"
	"time"

	"moonlark/engine/backoff"
	"moonlark/engine/fleet/message"
)

const (
	stateInterval = time.Minute // how often the state and the metrics are reported anyway
	statePause    = time.Second // the shortest time between two states
	// maxRefused is how often the hub may refuse a record before it is dropped. A hub whose disk is full
	// refuses all.
	maxRefused  = 10
	restTimeout = 2 * time.Second // for the records that are left when the process ends
)

// header returns the header of the next record.
func (f *Follower) header() message.Header {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.seq++
	return message.Header{Device: f.opts.Carrier.Name(), Boot: f.boot, Seq: f.seq, Time: time.Now()}
}

// sendStates sends the state whenever it has changed, and each minute, until ctx is done.
func (f *Follower) sendStates(ctx context.Context) {
	ticks := time.NewTicker(stateInterval)
	defer ticks.Stop()
	for {
		select {
		case <-f.changed:
			f.sendState(ctx)
		case <-f.connected:
			f.sendAll(ctx)
		case <-ticks.C:
			f.sendAll(ctx)
			f.saveSpool()
		case <-ctx.Done():
			return
		}
		if sleep(ctx, statePause) != nil {
			return
		}
	}
}

// sendAll sends the state and the metrics.
func (f *Follower) sendAll(ctx context.Context) {
	f.sendState(ctx)
	if f.opts.Metrics != nil && f.opts.Carrier.Link().Connected {
		m := message.Metrics{Header: f.header(), Text: f.opts.Metrics()}
		f.sendNow(ctx, message.MetricsKind, m.Header, m)
	}
}

func (f *Follower) sendState(ctx context.Context) {
	if !f.opts.Carrier.Link().Connected {
		return
	}
	ok, troubles := f.opts.OK()
	s := message.State{
		Header: f.header(), Groups: f.opts.Carrier.Groups(), Moonlark: f.opts.Moonlark,
		OK: ok, Troubles: troubles, Status: f.opts.Health().Status, Running: f.opts.Device.Running(),
	}
	f.mu.Lock()
	s.Wanted, s.Reported = f.wanted, maps.Clone(f.reported)
	f.mu.Unlock()
	f.sendNow(ctx, message.StateKind, s.Header, s)
}

// sendNow sends a record that is not worth keeping, because a newer one follows.
func (f *Follower) sendNow(ctx context.Context, kind message.Kind, header message.Header, v any) {
	about := "reporting the " + string(kind)
	text, err := json.Marshal(v)
	if err == nil {
		err = f.send(ctx, record{kind, header.ID(), text})
	}
	f.complainAboutHub(about, err)
}

// send sends a record.
func (f *Follower) send(ctx context.Context, r record) error {
	ctx, cancel := context.WithTimeout(ctx, askTimeout)
	defer cancel()
	err := f.opts.Carrier.Report(ctx, r.kind, r.id, r.text)
	if err == nil {
		f.noteHeard()
	}
	return err
}

// sendQueue sends the records of the queue, one after the other, until ctx is done.
func (f *Follower) sendQueue(ctx context.Context) {
	pause := backoff.Backoff{First: time.Second, Max: time.Minute, Jitter: true}
	refused := 0
	for {
		r, ok := f.queue.first()
		wait := time.Hour // until there is a record
		if ok {
			err := f.send(ctx, r)
			f.complainAboutHub("reporting", err)
			if err == nil {
				f.queue.remove(r.id, true)
				pause.Reset()
				refused = 0
				continue
			}
			if wait = pause.Next(); !errors.Is(err, ErrOffline) {
				refused++
			}
			if refused >= maxRefused {
				f.queue.remove(r.id, false)
				refused = 0
			}
		}
		if !f.pause(ctx, wait, ok) {
			return
		}
	}
}

// sendRest sends the records that are left when ctx is done, as long as the hub takes them.
func (f *Follower) sendRest(ctx context.Context) {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), restTimeout)
	defer cancel()
	for r, ok := f.queue.first(); ok; r, ok = f.queue.first() {
		if f.send(ctx, r) != nil {
			return
		}
		f.queue.remove(r.id, true)
	}
}

// pause waits for d. Without a record to send, it waits until there is one. It returns false when ctx
// is done.
func (f *Follower) pause(ctx context.Context, d time.Duration, waiting bool) bool {
	wake := f.queue.wake
	if waiting { // new records are no reason to ask the hub again
		wake = nil
	}
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-wake:
	case <-timer.C:
	case <-f.again:
	case <-ctx.Done():
		return false
	}
	return true
}

// saveSpool writes the records that are not sent into the spool, if there is one.
func (f *Follower) saveSpool() {
	if f.opts.Spool != "" {
		f.complain("the spool", f.queue.save(f.opts.Spool))
	}
}
