package host

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"math/rand/v2"
	"strings"
	"time"

	"moonlark/engine/backoff"
	"moonlark/engine/fleet/bundle"
)

const (
	// maxFailures is how many hosts may lose a conversation before it is given up: the conversation
	// itself may be what makes them crash.
	maxFailures = 4
	// calmTime is how long a host must have had a conversation until earlier failures are forgotten.
	calmTime = 10 * time.Minute
	// loadPause is how long a host that is almost full waits before it takes over a conversation, so that
	// hosts with more free slots are first.
	loadPause   = 100 * time.Millisecond
	randomPause = 50 * time.Millisecond
)

// watch takes over the conversations whose leases expire or are released, until ctx is done.
func (h *Host) watch(ctx context.Context) {
	pauses := backoff.Backoff{First: 200 * time.Millisecond, Max: 10 * time.Second, Jitter: true}
	for {
		began := h.opts.Now()
		// what has happened before the watch began is found by reading
		err := h.opts.Carrier.WatchFreed(ctx, func() { signal(h.reading) }, func(key string) {
			if id, ok := strings.CutPrefix(key, conversationPrefix); ok && bundle.CheckName(id) == nil {
				h.consider(id)
			}
		})
		if ctx.Err() != nil {
			return
		}
		if err != nil {
			h.opts.Log.Debug("the watch for leases has ended: " + err.Error())
		}
		if h.opts.Now().Sub(began) > time.Minute {
			pauses.Reset()
		}
		if !sleep(ctx, pauses.Next()) {
			return
		}
	}
}

// sleep waits. It returns false if ctx is done before that.
func sleep(ctx context.Context, d time.Duration) bool {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-timer.C:
		return true
	case <-ctx.Done():
		return false
	}
}

// readList looks for conversations without a lease from time to time, until ctx is done. The watch may
// have missed them.
func (h *Host) readList(ctx context.Context) {
	for {
		interval := 4 * h.opts.TTL
		timer := time.NewTimer(interval*4/5 + rand.N(interval*2/5))
		select {
		case <-timer.C:
		case <-h.reading:
		case <-ctx.Done():
			timer.Stop()
			return
		}
		timer.Stop()
		if err := h.readOnce(ctx); err != nil && ctx.Err() == nil {
			h.opts.Log.Debug("the list of conversations cannot be read: " + err.Error())
			if !sleep(ctx, h.opts.TTL/3) {
				return
			}
			signal(h.reading)
		}
	}
}

func (h *Host) readOnce(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(ctx, h.opts.TTL)
	defer cancel()
	records, err := h.opts.Carrier.Records().List(ctx)
	if err != nil {
		return err
	}
	leases, err := h.store.List(ctx)
	if err != nil {
		return err
	}
	for id := range records {
		if _, held := leases[conversationPrefix+id]; !held && bundle.CheckName(id) == nil {
			h.consider(id)
		}
	}
	return nil
}

// consider tries to take over a conversation, on a goroutine of its own. It does nothing during the
// drain.
func (h *Host) consider(id string) {
	h.mu.Lock()
	defer h.mu.Unlock()
	switch {
	case h.draining || h.considered[id] || h.held[id] != nil || len(h.considered) >= maxConsidered:
		return
	case !h.isFree():
		h.passedOver = true
		return
	}
	h.considered[id] = true
	load := float64(len(h.held)+len(h.reserved)) / float64(h.opts.Slots)
	pause := time.Duration(load*float64(loadPause)) + rand.N(randomPause)
	h.conversations.Go(func() {
		defer func() {
			h.mu.Lock()
			defer h.mu.Unlock()
			delete(h.considered, id)
		}()
		time.Sleep(pause)
		h.claiming <- struct{}{}
		defer func() { <-h.claiming }()
		if err := h.takeOver(id); err != nil {
			h.opts.Log.Debug("conversation " + id + " was not taken over: " + err.Error())
		}
	})
}

// takeOver takes over a conversation if it has not ended, and no other host is faster.
func (h *Host) takeOver(id string) error {
	ctx, cancel := context.WithTimeout(context.Background(), h.opts.TTL/3)
	defer cancel()
	text, revision, err := h.opts.Carrier.Records().Read(ctx, id)
	if errors.Is(err, ErrNone) {
		return nil // it has ended
	}
	if err != nil {
		return err
	}
	var rec record
	if err := json.Unmarshal(text, &rec); err != nil || rec.ID != id || rec.check() != nil {
		return errors.New("its record is damaged")
	}
	if err := h.reserve(id); err != nil {
		if errors.Is(err, errNoSlot) {
			h.change(func() { h.passedOver = true })
		}
		return err
	}
	l, err := h.takeLease(ctx, id)
	if err == nil {
		if err = h.takeRecord(ctx, l, rec, revision); err == nil {
			return nil
		}
		h.releaseLease(l)
	}
	h.unreserve(id)
	return err
}

// takeRecord counts the takeover in the record, which makes sure that the conversation has not ended
// since the record was read, and begins it. The caller has the lease and a slot.
func (h *Host) takeRecord(ctx context.Context, l *lease, rec record, revision uint64) error {
	records := h.opts.Carrier.Records()
	if !rec.HandedOver {
		rec.Failures++
	}
	rec.HandedOver, rec.Fence = false, l.revision
	if rec.Failures > maxFailures {
		h.opts.Log.Error(fmt.Sprintf("conversation %s: %d hosts have lost it: it is given up", rec.ID, rec.Failures))
		if err := records.Delete(ctx, rec.ID, revision); err != nil {
			return err
		}
		return errors.Join(errors.New("too many hosts have lost it"), h.opts.Carrier.DropTurns(ctx, rec.ID))
	}
	revision, err := records.Update(ctx, rec.ID, encode(rec), revision)
	if err != nil {
		return err
	}
	texts, err := h.opts.Carrier.Turns(ctx, rec.ID)
	if err != nil {
		h.opts.Log.Warn("conversation " + rec.ID + ": what was said before is not known: " + err.Error())
		rec.Message = "" // it may have been said
	}
	turns := parseTurns(texts, rec.First)
	h.opts.Log.Info("the conversation is taken over", "conversation", rec.ID, "turns", len(turns))
	h.begin(l, rec, revision, turns)
	return nil
}
