package work

import (
	"cmp"
	"context"
	"crypto/rand"
	"encoding/json"
	"fmt"
	"log/slog"
	"strconv"
	"sync"
	"sync/atomic"
	"time"

	"moonlark/engine/tool"
)

// CallerOptions configure a Caller.
type CallerOptions struct {
	Carrier Offerer
	Name    string // name of the device in the fleet, which begins the identifiers of its calls

	// AcceptTime is how long a worker may take to reply whether it takes a call. Zero means 300 ms.
	AcceptTime time.Duration
	// Bundle returns the digest of the bundle that the device runs, or "". It is called for each call, on
	// any goroutine. Nil means that the device runs none.
	Bundle func() string
	// Log is called with warnings. Any goroutine calls it, and it must not block. Nil drops them.
	Log func(level slog.Level, text string)
}

// A Caller has the tool calls of a device carried out by workers. It is a tool.Offloader. Each call has a
// goroutine of its own. Any goroutine may call the methods.
type Caller struct {
	opts   CallerOptions
	boot   string // random, so that nobody guesses the identifiers of the calls
	last   atomic.Int64
	ctx    context.Context // ends with Close
	cancel context.CancelFunc

	mu     sync.Mutex     // guards the fields below
	calls  sync.WaitGroup // Add is called while mu is locked and closed is false
	closed bool
	warned map[string]bool // the workers about whose bundle a warning was logged
}

// NewCaller returns a Caller. Close must be called.
func NewCaller(opts CallerOptions) *Caller {
	opts.AcceptTime = cmp.Or(opts.AcceptTime, acceptTime)
	if opts.Bundle == nil {
		opts.Bundle = func() string { return "" }
	}
	if opts.Log == nil {
		opts.Log = func(slog.Level, string) {}
	}
	c := &Caller{opts: opts, boot: rand.Text(), warned: make(map[string]bool)}
	c.ctx, c.cancel = context.WithCancel(context.Background())
	return c
}

// Close ends the calls, and returns when their goroutines have ended. The workers go on.
func (c *Caller) Close() {
	c.mu.Lock()
	c.closed = true
	c.mu.Unlock()
	c.cancel()
	c.calls.Wait()
}

// Offload begins a call and returns without waiting for its result: see tool.Offloader.
func (c *Caller) Offload(spec *tool.Spec, args json.RawMessage, left time.Duration, done func(tool.Result)) (cancel func()) {
	if cancel = c.begin(spec, args, left, done); cancel == nil {
		done(failed("%s cannot run now: the program is ending", spec.Name))
	}
	return cancel
}

// begin starts the goroutine of a call. It returns nil if the Caller is closed.
func (c *Caller) begin(spec *tool.Spec, args json.RawMessage, left time.Duration, done func(tool.Result)) (cancel func()) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.closed {
		return nil
	}
	ctx, cancel := context.WithTimeout(c.ctx, left)
	c.calls.Go(func() {
		defer cancel()
		done(c.call(ctx, spec, args))
	})
	return cancel
}

const (
	acceptTime = 300 * time.Millisecond // see CallerOptions.AcceptTime
	// maxWorkers is how many workers may reply that they do not take a call, before it fails.
	maxWorkers = 3
	// maxOffers is how often a call is offered. It is more than maxWorkers, because the hub may give it to
	// the same worker again, and also to workers that have died without the hub noticing it.
	maxOffers = 8
	// pause is how long the caller waits after a reply that a worker is busy.
	pause = 20 * time.Millisecond
	// maxWarned is the maximal length of Caller.warned.
	maxWarned = 100
)

// call has a call carried out and returns its result. ctx has a deadline, when the result is of no use any
// more.
func (c *Caller) call(ctx context.Context, spec *tool.Spec, args json.RawMessage) tool.Result {
	deadline, _ := ctx.Deadline()
	k := &call{
		caller: c, spec: spec, deadline: deadline, begun: time.Now(),
		request: Request{Call: fmt.Sprintf("%s/%s/%d", c.opts.Name, c.boot, c.last.Add(1)), Bundle: c.opts.Bundle(), Args: args},
	}
	return k.run(ctx)
}

// A call is a tool call in progress. It belongs to the goroutine of the call.
type call struct {
	caller          *Caller
	spec            *tool.Spec
	begun, deadline time.Time
	request         Request // that of the latest attempt
}

// An attempt is an accepted offer of a call. A nil attempt is none.
type attempt struct {
	worker  string // name of the worker
	replies <-chan Reply
	release context.CancelFunc // must be called
}

// channel returns the channel of the replies, or nil if there is no attempt.
func (a *attempt) channel() <-chan Reply {
	if a == nil {
		return nil
	}
	return a.replies
}

func (k *call) isIdempotent() bool { return k.spec.Hints != nil && k.spec.Hints.Idempotent }

// run returns the result of the call. If no worker has returned it when a third of the time is left, an
// idempotent call is given to a second worker, and the first result counts.
func (k *call) run(ctx context.Context) tool.Result {
	first, result, _ := k.findWorker(ctx, nil)
	if first == nil {
		return result
	}
	defer first.release()
	var again <-chan time.Time // nil if the call must not be carried out twice
	if k.isIdempotent() {
		timer := time.NewTimer(time.Until(k.deadline) - k.deadline.Sub(k.begun)/3)
		defer timer.Stop()
		again = timer.C
	}
	var second *attempt
	for {
		var r Reply
		from := &first
		select {
		case r = <-first.channel():
		case r = <-second.channel():
			from = &second
		case <-again:
			again = nil
			a, result, isFinal := k.findWorker(ctx, first)
			if isFinal {
				return result
			}
			if a != nil {
				defer a.release()
				second = a
			}
			continue
		case <-ctx.Done():
			return k.unanswered(first, second)
		}
		if r.Err == nil && r.Kind == Accepted {
			continue
		}
		if r.Err == nil && r.Kind == Done {
			return r.Result
		}
		worker := (*from).worker
		if *from = nil; first != nil || second != nil {
			continue
		}
		if result, isFinal := k.dropped(worker, r); isFinal {
			return result
		}
		if first, result, _ = k.findWorker(ctx, nil); first == nil {
			return result
		}
		defer first.release()
	}
}

// dropped returns the result of the call after the worker of the only attempt has replied r, which is not a
// result. It returns false if the call can be given to another worker.
func (k *call) dropped(worker string, r Reply) (result tool.Result, isFinal bool) {
	switch {
	case r.Err != nil:
		return failed("the worker %s has carried out %s, but its result cannot be used: %v", worker, k.spec.Name, r.Err), true
	case r.Kind == Ended && !k.isIdempotent():
		return failed("%s: the worker %s has ended. The call may or may not have been carried out", k.spec.Name, worker), true
	}
	return tool.Result{}, false
}

// findWorker offers the call to workers until one takes it. If none does, it returns the result of the call
// in place of an attempt: the final one if a worker has it already, and otherwise an error.
//
// If first is not nil, it looks for a second worker, until first has replied. If the worker of first takes
// the call again, and no other one does, it returns that attempt: the worker may have lost the connection
// over which first would be answered.
func (k *call) findWorker(ctx context.Context, first *attempt) (found *attempt, result tool.Result, isFinal bool) {
	busy := make(map[string]bool)
	var same *attempt // of the worker of first
	defer func() {
		if same != nil && found != same {
			same.release()
		}
	}()
	for offers := 0; offers < maxOffers && len(busy) < maxWorkers && len(first.channel()) == 0; offers++ {
		r, a, err := k.offer(ctx)
		switch {
		case a != nil && (first == nil || a.worker != first.worker):
			return a, tool.Result{}, false
		case a != nil && same == nil:
			same = a
		case a != nil:
			a.release()
		case ctx.Err() != nil:
			return nil, k.unanswered(), false
		case err != nil:
			return same, failed("%s cannot run now: %v", k.spec.Name, err), false
		case r.Kind == Done:
			return nil, r.Result, true
		case r.Kind == "":
			continue
		}
		busy[r.Worker] = true
		select {
		case <-time.After(pause):
		case <-ctx.Done():
		}
	}
	if len(busy) > 0 {
		return same, failed("%s is busy: the workers that carry it out have too much to do; try again in a moment", k.spec.Name), false
	}
	return nil, failed("%s cannot run now: its workers do not answer", k.spec.Name), false
}

// offer offers the call to one worker. It returns its reply, the zero Reply if there is none in time. If
// the worker takes the call, it returns the attempt.
func (k *call) offer(ctx context.Context) (Reply, *attempt, error) {
	k.request.Try++
	k.request.Left = max(time.Until(k.deadline), time.Millisecond)
	ctx, release := context.WithCancel(ctx)
	kept := false
	defer func() {
		if !kept {
			release()
		}
	}()
	replies, err := k.caller.opts.Carrier.Offer(ctx, k.spec.Name, k.request)
	if err != nil {
		return Reply{}, nil, err
	}
	timer := time.NewTimer(k.caller.opts.AcceptTime)
	defer timer.Stop()
	select {
	case r := <-replies:
		if r.Err != nil {
			return Reply{}, nil, r.Err
		}
		k.caller.compare(r.Worker, k.request.Bundle, r.Bundle)
		if r.Kind != Accepted {
			return r, nil, nil
		}
		if r.Confirm != nil {
			if err := r.Confirm(); err != nil {
				return Reply{}, nil, err
			}
		}
		kept = true
		return r, &attempt{r.Worker, replies, release}, nil
	case <-timer.C:
	case <-ctx.Done():
	}
	return Reply{}, nil, nil
}

// unanswered returns the result of a call whose time is over, or that nobody waits for any more. No attempt
// of attempts has been answered; they may be nil.
func (k *call) unanswered(attempts ...*attempt) tool.Result {
	worker := ""
	for _, a := range attempts {
		if a != nil {
			worker = cmp.Or(worker, "the worker "+a.worker)
		}
	}
	took := time.Since(k.begun).Round(10 * time.Millisecond)
	if worker == "" {
		return tool.Failed(tool.ClientTimeout, "%s was not carried out in %v: no worker has taken it", k.spec.Name, took)
	}
	return tool.Failed(tool.ClientTimeout, "%s: %s has not answered in %v. The call may or may not have been carried out", k.spec.Name, worker, took)
}

// compare logs a warning, once, if a worker runs another bundle than the device.
func (c *Caller) compare(worker, own, other string) {
	if own == "" || other == "" || own == other {
		return
	}
	key := strconv.Quote(worker) + own + other
	c.mu.Lock()
	isNew := !c.warned[key]
	if len(c.warned) >= maxWarned {
		clear(c.warned)
	}
	c.warned[key] = true
	c.mu.Unlock()
	if isNew {
		c.opts.Log(slog.LevelWarn, fmt.Sprintf("the worker %s runs another bundle than this device: %.12s, not %.12s", worker, other, own))
	}
}

// failed returns the result of a call that no worker has carried out.
func failed(format string, args ...any) tool.Result {
	return tool.Failed(tool.ExternalServer, format, args...)
}
