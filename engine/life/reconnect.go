package life

import (
	"context"
	"fmt"
	"time"

	"moonlark/engine/backoff"
	"moonlark/engine/bus"
	"moonlark/engine/repeat"
)

const maxReasons = 100 // maximum number of reasons why attempts have failed that are counted

// open opens a conversation. When an attempt fails, open tries again after a pause if cutOff is set
// (the conversation replaces one that was cut off) or Options.Retry is set. A call of Start during
// a pause replaces *start. last is how the previous conversation ended; the status Reconnecting
// reports this reason. open returns nil and the reason when there will be no conversation. After
// GiveUp or Stop, the How of this reason is Stopped. pauses is a copy, so that the failed attempts of
// this call do not lengthen the pauses of later calls.
func (l *Life) open(ctx context.Context, start *Start, cutOff bool, last Ending, pauses backoff.Backoff) (Conversation, Ending) {
	ctx, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	l.setCancelConnect(cancel)
	defer l.setCancelConnect(nil)
	if cutOff {
		l.setStatus(Reconnecting, last.Reason())
	} else {
		l.setStatus(Connecting, "")
	}
	again := cutOff              // a pause must come before the next attempt
	failures := map[string]int{} // how many attempts have failed, by the key of the reason
	for {
		if again {
			key := repeat.Key(last.Reason())
			if len(failures) >= maxReasons {
				clear(failures)
			}
			failures[key]++
			l.pause(ctx, max(pauses.Next(), last.RetryAfter), last, failures[key])
		}
		if wanted := l.takeWanted(); wanted != nil {
			*start = *wanted
		}
		if start.Preroll {
			l.opts.ExpectPreroll()
		}
		if !l.awaitBudget(ctx) {
			return nil, Ending{Err: context.Cause(ctx)}
		}
		conversation, failed := l.opts.Open(ctx, *start)
		switch {
		case conversation != nil && ctx.Err() != nil:
			conversation.Discard()
			return nil, Ending{Err: context.Cause(ctx)}
		case conversation != nil:
			l.mu.Lock()
			l.budget.spend(time.Now())
			l.mu.Unlock()
			return conversation, Ending{}
		case ctx.Err() != nil:
			return nil, Ending{Err: context.Cause(ctx)}
		case failed.How == Refused, !cutOff && !l.opts.Retry:
			return nil, failed
		}
		again, last = true, failed
	}
}

func (l *Life) setCancelConnect(cancel context.CancelCauseFunc) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.cancelConnect = cancel
	if cancel != nil && l.giveUpNext {
		cancel(errStopped)
	}
	l.giveUpNext = false
}

// pause waits before the next attempt to connect, and publishes why. failures is the number of
// attempts that have failed for this reason. A call of Start ends the pause.
func (l *Life) pause(ctx context.Context, pause time.Duration, why Ending, failures int) {
	l.opts.Bus.Publish(bus.Event{Type: bus.Retrying, Text: why.Reason(), Hint: why.Hint, Seconds: pause.Seconds(), Count: failures})
	select {
	case <-time.After(pause):
	case <-l.wake:
	case <-ctx.Done():
	}
}

// awaitBudget waits until the budget allows another conversation and returns true. It returns false
// when ctx is done before that.
func (l *Life) awaitBudget(ctx context.Context) bool {
	if ctx.Err() != nil {
		return false
	}
	l.mu.Lock()
	when, free := l.budget.next(time.Now())
	l.mu.Unlock()
	if free {
		return true
	}
	wait := time.Until(when)
	l.opts.Bus.Publish(bus.Event{
		Type: bus.Retrying, Seconds: wait.Seconds(),
		Text: fmt.Sprintf("%d conversations began within the last hour", l.budget.max),
		Hint: "--starts-per-hour allows more",
	})
	select {
	case <-time.After(wait):
		return true
	case <-ctx.Done():
		return false
	}
}
