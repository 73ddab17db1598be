package host

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"sync"
	"time"

	"moonlark/engine/agentsettings"
)

const (
	maxTexts  = 16 // texts of the user that wait until the Engine takes them
	maxStored = 64 // turns that wait to be stored
	// storeTimeout is how long it may take to store a turn.
	storeTimeout = 2 * time.Second
)

// A Conversation is what an Engine needs to run a conversation. The Engine may call its methods from any
// goroutine.
type Conversation struct {
	ID       string
	Settings agentsettings.Settings // those of the request for the conversation
	Message  string                 // what the user says first; empty if nothing, or if it was said before
	Turns    []Turn                 // what was said before this host has taken over the conversation, the newest last

	// Fence is a number by which others can tell the hosts apart that had this conversation: each of
	// them has a greater number than those before it. Whoever keeps the greatest number that was seen,
	// and refuses smaller ones, is safe from a host that does not know yet that it has lost the
	// conversation.
	Fence uint64

	host     *Host
	lease    *lease
	record   record
	revision uint64 // of the record
	texts    chan string
	turns    chan Turn
	release  func() // gives up the place among those that start
}

// Held reports whether the host still has the conversation. Ask it before the start of a tool, and again
// before its result is sent.
func (c *Conversation) Held() bool { return c.lease.held() }

// Started says that the conversation runs. Others that wait can start then.
func (c *Conversation) Started() { c.release() }

// Texts returns the channel of what the user says.
func (c *Conversation) Texts() <-chan string { return c.texts }

// Said stores what the user or the agent has said. It does not block.
func (c *Conversation) Said(who, text string) {
	if text == "" {
		return
	}
	select {
	case c.turns <- Turn{Who: who, Text: text, Fence: c.Fence}:
	default:
		c.host.opts.Log.Warn("conversation " + c.ID + ": what was said is not stored, because too much waits to be stored")
	}
}

var (
	errLapsed     = errors.New("the lease could not be renewed")
	errHandedOver = errors.New("the host ends")
)

// begin holds a conversation from now on, for which there is a slot. turns are those before it.
func (h *Host) begin(l *lease, rec record, revision uint64, turns []Turn) {
	c := &Conversation{
		ID: rec.ID, Message: rec.Message, Turns: turns, Fence: l.revision,
		host: h, lease: l, record: rec, revision: revision,
		texts: make(chan string, maxTexts), turns: make(chan Turn, maxStored),
	}
	c.Settings, _ = rec.settings() // checked when the request was parsed
	if len(turns) > 0 {
		c.Message = ""
	}
	h.change(func() {
		delete(h.reserved, c.ID)
		h.held[c.ID] = c
	})
	go func() {
		defer h.conversations.Done() // reserve has counted it
		defer h.change(func() { delete(h.held, c.ID) })
		h.hold(c)
	}()
}

// hold runs the conversation, and keeps its lease as long as it can.
func (h *Host) hold(c *Conversation) {
	ctx, cancel := context.WithCancelCause(context.Background())
	endTexts := h.serveTexts(c)
	var watching sync.WaitGroup
	watching.Go(func() {
		// apart from the renewals, which may wait for the network
		for left := c.lease.left(); left > 0; left = c.lease.left() {
			if !sleep(ctx, left) {
				break
			}
		}
		cancel(errLapsed)
		endTexts() // may wait for the network
	})
	opened := make(chan ending, 1) // has room, but hold always waits for the value
	go func() { opened <- h.open(ctx, c) }()
	began := h.opts.Now()
	renewal := time.NewTimer(c.lease.interval())
	defer renewal.Stop()
	for handover := h.handover; ; {
		select {
		case <-renewal.C:
			renewal.Reset(h.renew(c, cancel))
			if c.record.Failures > 0 && c.Held() && h.opts.Now().Sub(began) > calmTime {
				h.forgetFailures(c)
			}
		case <-handover:
			handover = nil
			cancel(errHandedOver)
		case end := <-opened:
			cancel(nil)
			watching.Wait()
			h.finish(c, end)
			return
		}
	}
}

// renew renews the lease of the conversation, and returns the time until the next renewal. If the lease
// is lost, it cancels the conversation.
func (h *Host) renew(c *Conversation, cancel context.CancelCauseFunc) (next time.Duration) {
	if !c.lease.held() {
		return c.lease.ttl // the conversation ends
	}
	err := c.lease.renew(context.Background())
	switch {
	case err == nil:
		return c.lease.interval()
	case errors.Is(err, ErrLost):
		c.lease.lose()
		cancel(ErrLost)
		return c.lease.ttl
	}
	if left := c.lease.left(); left < c.lease.ttl/2 { // not at the first failure
		h.opts.Log.Warn(fmt.Sprintf("conversation %s: the lease cannot be renewed, and the conversation ends in %v: %v", c.ID, left.Round(100*time.Millisecond), err))
	}
	return c.lease.retry()
}

// An ending says how a conversation has ended.
type ending struct {
	err   error // of the Engine
	cause error // why the context of the conversation was cancelled before the end; nil if it was not
}

// forgetFailures stores that no host has lost the conversation. If it cannot, it must be called again.
func (h *Host) forgetFailures(c *Conversation) {
	ctx, cancel := context.WithTimeout(context.Background(), c.lease.timeout())
	defer cancel()
	calm := c.record
	calm.Failures = 0
	revision, err := h.opts.Carrier.Records().Update(ctx, c.ID, encode(calm), c.revision)
	switch {
	case err == nil:
		c.record, c.revision = calm, revision
	case errors.Is(err, ErrLost): // the hub may have got an earlier attempt although its answer has not arrived
		_, err = h.readRecord(ctx, c)
	}
	if err != nil {
		h.opts.Log.Debug("conversation " + c.ID + ": its record is not up to date: " + err.Error())
	}
}

// readRecord reads the record of the conversation, and reports whether it is still that of this host. The
// revision of the conversation is right then.
func (h *Host) readRecord(ctx context.Context, c *Conversation) (mine bool, err error) {
	text, revision, err := h.opts.Carrier.Records().Read(ctx, c.ID)
	if err != nil {
		return false, err
	}
	var rec record
	if json.Unmarshal(text, &rec) != nil || rec.Fence != c.Fence {
		return false, nil
	}
	c.record, c.revision = rec, revision
	return true, nil
}

// open has the Engine run the conversation, and stores what is said. It returns when both have ended.
func (h *Host) open(ctx context.Context, c *Conversation) (end ending) {
	select {
	case h.starting <- struct{}{}:
	case <-ctx.Done():
		return ending{context.Cause(ctx), context.Cause(ctx)}
	}
	c.release = sync.OnceFunc(func() { <-h.starting })
	defer c.release()
	var storing sync.WaitGroup
	ended := make(chan struct{})
	storing.Go(func() { c.storeTurns(ended) })
	defer storing.Wait()
	defer close(ended)
	defer func() {
		if p := recover(); p != nil {
			end.err = fmt.Errorf("it has crashed: %v", p)
		}
		end.cause = context.Cause(ctx)
	}()
	end.err = h.opts.Engine.Open(ctx, c)
	return end
}

// storeTurns stores the turns of the conversation until ended is closed, and then those that wait.
func (c *Conversation) storeTurns(ended <-chan struct{}) {
	for {
		select {
		case t := <-c.turns:
			c.store(t)
			continue
		case <-ended:
		}
		select {
		case t := <-c.turns:
			c.store(t)
		default:
			return
		}
	}
}

func (c *Conversation) store(t Turn) {
	if !c.Held() {
		return
	}
	text, err := t.encode()
	if err == nil {
		ctx, cancel := context.WithTimeout(context.Background(), min(storeTimeout, c.lease.ttl/6))
		defer cancel()
		err = c.host.opts.Carrier.AppendTurn(ctx, c.ID, text)
	}
	if err != nil {
		c.host.opts.Log.Warn("conversation " + c.ID + ": what was said is not stored: " + err.Error())
	}
}

// serveTexts gives the Engine the texts that the user sends. stop may be called several times.
func (h *Host) serveTexts(c *Conversation) (stop func()) {
	end, err := h.opts.Carrier.ServeTexts(c.ID, func(request []byte) []byte {
		if !c.Held() {
			return nil // another host answers
		}
		a := answer{Host: h.opts.ID}
		if err := c.take(request); err != nil {
			a.Error = err.Error()
		}
		return encode(a)
	})
	if err != nil {
		h.opts.Log.Error("conversation " + c.ID + ": the user cannot send texts: " + err.Error())
		return func() {}
	}
	return sync.OnceFunc(end)
}

// take gives the Engine a text of the user.
func (c *Conversation) take(request []byte) error {
	if len(request) > MaxText+1024 {
		return fmt.Errorf("the request has %d bytes; %d are allowed", len(request), MaxText)
	}
	var t textRequest
	if err := json.Unmarshal(request, &t); err != nil {
		return fmt.Errorf("the request: %w", err)
	}
	if err := t.check(); err != nil {
		return err
	}
	select {
	case c.texts <- t.Text:
		return nil
	default:
		return errTooManyTexts
	}
}

// finish deletes what the hub has of a conversation that has ended, or hands the conversation over.
func (h *Host) finish(c *Conversation, end ending) {
	log := h.opts.Log.With("conversation", c.ID)
	switch {
	case !c.Held():
		log.Warn("the conversation ends here, because its lease has: another host goes on with it", "cause", end.cause)
		return
	case errors.Is(end.cause, errHandedOver):
		h.handOver(c)
		return
	case end.err != nil:
		log.Warn("the conversation has ended: " + end.err.Error())
	default:
		log.Info("the conversation has ended")
	}
	for !h.forget(c) {
		time.Sleep(c.lease.retry())
		if !c.Held() {
			log.Warn("the end of the conversation could not be recorded: another host may go on with it")
			return
		}
	}
}

// handOver gives up the lease of a conversation that has not ended, and says in its record that this is
// no failure.
func (h *Host) handOver(c *Conversation) {
	ctx, cancel := context.WithTimeout(context.Background(), c.lease.timeout())
	defer cancel()
	c.record.HandedOver = true
	if _, err := h.opts.Carrier.Records().Update(ctx, c.ID, encode(c.record), c.revision); err != nil {
		h.opts.Log.Warn("conversation " + c.ID + ": " + err.Error())
	}
	h.opts.Log.Info("the conversation is handed over to another host", "conversation", c.ID)
	h.releaseLease(c.lease)
}

// forget deletes the record of the conversation and then its lease, so that no host finds a record
// without a lease. It returns false if that must be tried again.
func (h *Host) forget(c *Conversation) bool {
	if c.lease.left() < c.lease.ttl/2 {
		c.lease.renew(context.Background()) // if it fails, the lease ends soon
	}
	ctx, cancel := context.WithTimeout(context.Background(), c.lease.timeout())
	defer cancel()
	err := h.opts.Carrier.Records().Delete(ctx, c.ID, c.revision)
	if errors.Is(err, ErrLost) {
		var mine bool
		if mine, err = h.readRecord(ctx, c); err == nil {
			return !mine // if it is not, another host has the conversation, and needs the turns
		}
	}
	if err != nil && !errors.Is(err, ErrNone) { // ErrNone: an earlier attempt was successful
		return false
	}
	if err := h.opts.Carrier.DropTurns(ctx, c.ID); err != nil {
		h.opts.Log.Debug("conversation " + c.ID + ": what was said stays on the hub for a while: " + err.Error())
	}
	h.releaseLease(c.lease)
	return true
}
