// Package life decides WHEN there is a conversation. It waits until somebody asks for a
// conversation, opens it, opens another one when the network has broken the connection, and limits
// how many conversations begin in an hour. Package dialog decides what happens in a conversation.
//
// The package knows neither sockets nor Lua: Options.Open opens a conversation, and
// Conversation.Hold runs it and returns an [Ending]. All delays use the clock of package time, so
// that tests can run with the fake clock of testing/synctest.
package life

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"time"

	"moonlark/engine/agentsettings"
	"moonlark/engine/backoff"
	"moonlark/engine/bus"
)

// The states that Status returns.
const (
	Waiting      = "waiting" // nobody has asked for a conversation yet
	Connecting   = "connecting"
	Connected    = "connected"
	Reconnecting = "reconnecting"
	Ended        = "ended"
)

const (
	firstPause = 500 * time.Millisecond // length of the first pause before an attempt to reconnect
	maxPause   = 30 * time.Second

	// steadyTime is the minimum duration of a conversation that counts as a success. After a
	// success, the next pause is firstPause again.
	steadyTime = time.Minute
)

// A Start describes a conversation that somebody asks for.
type Start struct {
	agentsettings.Settings // settings of this conversation that differ from the agent's
	// true if the agent must first hear the sound that the microphone recorded just before Start
	// was called
	Preroll bool
}

// A Conversation is an open conversation. Its owner must call either Hold or Discard.
type Conversation interface {
	// Hold runs the conversation until it has ended. reconnected says that this conversation
	// replaces one that was cut off. preroll says that the agent must first hear the sound that the
	// microphone recorded just before the conversation. When ctx is done, Hold closes the
	// conversation normally.
	Hold(ctx context.Context, reconnected, preroll bool) Ending

	// Discard closes a conversation that is not needed any more. Call it instead of Hold.
	Discard()
}

// Options decide when there is a conversation. Open and Bus must be set.
type Options struct {
	// Open opens a conversation. When it cannot, it returns nil and the reason.
	Open func(ctx context.Context, s Start) (Conversation, Ending)

	Bus *bus.Bus // receives an event for each change of status, each pause and each failed Start

	// Wait makes Run wait until Start is called before it opens a conversation. Start may be called
	// any number of times, and the conversations follow one after the other. Without Wait, Run
	// opens one conversation at once.
	Wait bool

	// Retry repeats the first connection attempt until it succeeds.
	Retry bool

	// Reconnect opens another conversation when the connection of one was cut off.
	Reconnect bool

	// StartsPerHour is the maximum number of conversations that begin in an hour. Zero means 60.
	StartsPerHour int

	// ExpectPreroll is called before Open when Start.Preroll is set: from now on, the microphone's
	// sound must be kept for the conversation. ForgetPreroll is called when this conversation could
	// not be opened. Nil does nothing.
	ExpectPreroll, ForgetPreroll func()
}

// A Life opens and runs conversations, one at a time. All methods may be called from any goroutine.
type Life struct {
	opts Options
	wake chan struct{} // has a value when wanted has been set

	mu     sync.Mutex // guards the fields below
	status string     // current state, as returned by Status; empty before Run
	since  time.Time  // when status last changed
	reason string     // why status last changed; may be empty
	// conversation that Start asked for and that has not begun yet; nil when there is none
	wanted  *Start
	budget  budget
	stop    context.CancelCauseFunc // makes Run return; nil before Run
	stopped bool                    // Stop has been called
	// stops the connection attempt in progress; nil when there is none
	cancelConnect context.CancelCauseFunc
	// GiveUp was called between two attempts: the next attempt is cancelled when it begins
	giveUpNext bool
}

// New makes a Life. Nothing happens before Run.
func New(opts Options) *Life {
	if opts.StartsPerHour <= 0 {
		opts.StartsPerHour = defaultStartsPerHour
	}
	for _, f := range []*func(){&opts.ExpectPreroll, &opts.ForgetPreroll} {
		if *f == nil {
			*f = func() {}
		}
	}
	return &Life{opts: opts, wake: make(chan struct{}, 1), budget: budget{max: opts.StartsPerHour}}
}

// Run opens and runs conversations until there will be no other. It returns how the last
// conversation ended, or why it could not be opened. Run returns early when ctx is done or Stop is
// called. It may be called only once.
func (l *Life) Run(ctx context.Context) Ending {
	ctx, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	l.mu.Lock()
	l.stop = cancel
	if l.stopped {
		cancel(errStopped)
	}
	l.mu.Unlock()
	last := l.holdAll(ctx)
	l.setStatus(Ended, last.Reason())
	return last
}

// Stop makes Run close the conversation normally and return. If Run has not been called yet, Run
// will return at once. Stop does not wait.
func (l *Life) Stop() {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.stopLocked()
}

// stopLocked does what Stop says. The caller holds mu.
func (l *Life) stopLocked() {
	l.stopped = true
	if l.stop != nil {
		l.stop(errStopped)
	}
}

// Status returns the current state, the time of the last change of state, and the reason for this
// change. All three are zero before Run.
func (l *Life) Status() (status string, since time.Time, reason string) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.status, l.since, l.reason
}

// Connected records that the conversation which Open returned has begun. The Conversation's Hold
// must call it.
func (l *Life) Connected() { l.setStatus(Connected, "") }

func (l *Life) setStatus(status, reason string) {
	l.mu.Lock()
	changed := l.status != status
	if changed {
		l.since = time.Now()
	}
	l.status, l.reason = status, reason
	if status == Connected {
		l.wanted = nil // the conversation in l.wanted has begun
	}
	l.mu.Unlock()
	if changed {
		l.opts.Bus.Publish(bus.Event{Type: bus.Status, Status: status, Reason: reason})
	}
}

// Start asks for a conversation and returns without waiting for it. It works with Options.Wait, also
// before Run, and while Run reconnects. The error says why the conversation is impossible.
func (l *Life) Start(s Start) error {
	l.mu.Lock()
	defer l.mu.Unlock()
	switch l.status {
	case Waiting, Reconnecting:
	case "": // the scripts start before Run
		if l.stopped {
			return ErrNoConversation
		}
		if !l.opts.Wait {
			return errFirst
		}
	case Ended:
		return ErrNoConversation
	default:
		return errors.New("there is a conversation already")
	}
	if l.wanted != nil {
		return errors.New("a conversation has been asked for already")
	}
	if _, free := l.budget.next(time.Now()); !free {
		return fmt.Errorf("%d conversations began within the last hour, which is the maximum", l.budget.max)
	}
	l.wanted, l.giveUpNext = &s, false
	select {
	case l.wake <- struct{}{}:
	default:
	}
	return nil
}

// GiveUp stops the attempt to open a conversation, or cancels a Start. With Options.Wait, Run then
// waits for the next Start. Without Options.Wait, Run returns. GiveUp reports whether there was an
// attempt, a conversation or a Start to give up. Before Run it gives up the conversation with which
// Run would begin.
func (l *Life) GiveUp() bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	if !l.opts.Wait {
		l.stopLocked()
		return l.status != Ended
	}
	gaveUp := l.wanted != nil || l.cancelConnect != nil
	switch l.status {
	case Connecting, Connected, Reconnecting:
		gaveUp = true
	}
	l.wanted = nil
	if l.cancelConnect != nil {
		l.cancelConnect(errStopped)
	} else {
		l.giveUpNext = true
	}
	return gaveUp
}

// takeWanted returns the conversation that Start asked for and clears wanted. It returns nil when
// there is none.
func (l *Life) takeWanted() *Start {
	l.mu.Lock()
	defer l.mu.Unlock()
	select {
	case <-l.wake:
	default:
	}
	wanted := l.wanted
	l.wanted = nil
	return wanted
}

// holdAll opens and runs conversations until there will be no other. It returns the Ending that Run
// returns.
func (l *Life) holdAll(ctx context.Context) Ending {
	var start Start
	var last Ending
	cutOff := false // the last conversation was cut off and must be replaced
	pauses := backoff.Backoff{First: firstPause, Max: maxPause, Jitter: true}
	for {
		if l.opts.Wait && !cutOff {
			l.setStatus(Waiting, last.Reason())
			wanted := l.awaitStart(ctx)
			if wanted == nil {
				return Ending{}
			}
			start = *wanted
			pauses.Reset()
		}
		conversation, failed := l.open(ctx, &start, cutOff, last, pauses)
		if conversation == nil {
			switch {
			case ctx.Err() != nil:
				return Ending{}
			case !l.opts.Wait:
				return failed
			case failed.How != Stopped:
				l.opts.Bus.Publish(bus.Event{Type: bus.Error, Text: failed.Reason(), Hint: failed.Hint})
			}
			l.opts.ForgetPreroll()
			cutOff, last = false, failed
			continue
		}
		if cutOff {
			// so that the next pause is longer if this conversation is soon cut off too
			pauses.Next()
		}
		began := time.Now()
		last = conversation.Hold(ctx, cutOff, start.Preroll)
		start.Preroll = false
		cutOff = l.opts.Reconnect && last.How == CutOff
		switch {
		case ctx.Err() != nil, !cutOff && !l.opts.Wait:
			return last
		case time.Since(began) > steadyTime:
			pauses.Reset()
		}
	}
}

// awaitStart waits until Start has been called, and returns the argument of Start. It returns nil
// when ctx is done before that.
func (l *Life) awaitStart(ctx context.Context) *Start {
	for {
		if wanted := l.takeWanted(); wanted != nil {
			return wanted
		}
		select {
		case <-l.wake:
		case <-ctx.Done():
			return nil
		}
	}
}
