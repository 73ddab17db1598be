package engine

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"sync"
	"time"

	"moonlark/engine/agent"
	"moonlark/engine/convai"
	"moonlark/engine/event"
)

// The events a script gets of the life of its conversations.
const (
	statusEvent      = "status"      // status, reason
	idleEvent        = "idle"        // seconds that the user has said nothing
	reconnectedEvent = "reconnected" // a conversation takes the place of one that was cut short
)

// What session.status() says.
const (
	statusWaiting      = "waiting" // for session.start
	statusConnecting   = "connecting"
	statusConnected    = "connected"
	statusReconnecting = "reconnecting"
	statusEnded        = "ended"
)

const (
	firstPause = 500 * time.Millisecond // before the first try to connect again
	mostPause  = 30 * time.Second
	steadyTime = time.Minute // a conversation that long was one, and the next pause is the first again
)

// setStatus says where the life of the agent is now, and why.
func (e *Engine) setStatus(status, reason string) {
	e.mu.Lock()
	same := e.status == status
	if !same {
		e.since = time.Now()
	}
	e.status, e.reason = status, reason
	if status == statusConnected {
		e.wanted = nil // here it is
	}
	e.mu.Unlock()
	if !same {
		e.opts.Status(status, reason)
		e.dispatch(statusEvent, map[string]any{"status": status, "reason": reason})
	}
}

// Status is where the life of the agent is: "waiting", "connecting",
// "connected", "reconnecting" or "ended"; empty before Run.
func (e *Engine) Status() string {
	e.mu.Lock()
	defer e.mu.Unlock()
	return e.status
}

// A start is a conversation that is asked for.
type start struct {
	agent.Settings
	preroll bool // it begins with what the microphone heard just before
}

// Start asks for a conversation that is different by s, and begins, with preroll,
// with what the microphone heard just before: with Wait, or while one that was
// cut short is waited for again. The error says why there can be none.
func (e *Engine) Start(s agent.Settings, preroll bool) error { return e.start(start{s, preroll}) }

func (e *Engine) start(s start) error {
	e.mu.Lock()
	defer e.mu.Unlock()
	switch e.status {
	case statusWaiting, statusReconnecting:
	case statusEnded, "":
		return errNoConversation
	default:
		return errors.New("there is a conversation already")
	}
	if e.wanted != nil {
		return errors.New("a conversation has been asked for already")
	}
	if _, free := e.allowance(time.Now()); !free {
		return fmt.Errorf("%d conversations were begun within an hour: no more are, for now", e.startsPerHour())
	}
	e.wanted, e.unwanted = &s, false
	select {
	case e.wake <- struct{}{}:
	default:
	}
	return nil
}

func (e *Engine) startsPerHour() int {
	if e.opts.StartsPerHour > 0 {
		return e.opts.StartsPerHour
	}
	return 60
}

// allowance says whether another conversation may begin, and if not, when one
// may. The caller holds mu.
func (e *Engine) allowance(now time.Time) (when time.Time, free bool) {
	for len(e.begun) > 0 && now.Sub(e.begun[0]) >= time.Hour {
		e.begun = e.begun[1:]
	}
	if len(e.begun) < e.startsPerHour() {
		return now, true
	}
	return e.begun[0].Add(time.Hour), false
}

// asked takes what a script has asked for.
func (e *Engine) asked() *start {
	e.mu.Lock()
	defer e.mu.Unlock()
	select {
	case <-e.wake:
	default:
	}
	wanted := e.wanted
	e.wanted = nil
	return wanted
}

// giveUp ends what a conversation is waited for with: with Wait the next one is
// the scripts' to ask for, and else there is none.
func (e *Engine) giveUp() {
	if !e.opts.Wait {
		e.Stop()
		return
	}
	e.mu.Lock()
	defer e.mu.Unlock()
	e.wanted = nil
	if e.quit != nil {
		e.quit(errStopped)
	} else {
		e.unwanted = true
	}
}

func (e *Engine) setQuit(quit context.CancelCauseFunc) {
	e.mu.Lock()
	defer e.mu.Unlock()
	e.quit = quit
	if quit != nil && e.unwanted {
		quit(errStopped)
	}
	e.unwanted = false
}

// A user is who talks to the agent, from the first conversation on.
type user struct {
	hush context.CancelFunc
	done sync.WaitGroup
	err  error // of Options.Talk; to be read after done
}

// talk begins the user's side, once.
func (u *user) talk(e *Engine) {
	if u.hush != nil || e.opts.Talk == nil {
		return
	}
	talking, hush := context.WithCancel(context.Background())
	u.hush = hush
	u.done.Go(func() {
		u.err = e.opts.Talk(talking, e)
		e.Stop()
	})
}

// end ends the user's side, and returns what became of it.
func (u *user) end() error {
	if u.hush != nil {
		u.hush()
	}
	u.done.Wait()
	return u.err
}

// live holds conversations until there is to be no other, and says how the last
// one ended.
func (e *Engine) live(ctx context.Context, to destination) error {
	var u user
	err := e.liveWith(ctx, to, &u)
	said := u.end()
	e.setStatus(statusEnded, reason(err))
	_, closedOnUs := err.(*convai.CloseError) // as converse says it; one before the metadata is no end, but a failure
	switch {
	case err != nil && !closedOnUs:
		return err
	case said != nil && !errors.Is(said, context.Canceled) && said != errHungUp:
		return said
	case said == errHungUp && closedOnUs:
		return said
	case ctx.Err() != nil:
		return endedBy(ctx)
	}
	return nil
}

func (e *Engine) liveWith(ctx context.Context, to destination, u *user) error {
	var wanted start
	var cut error // why the conversation before was cut short, if another is to take its place
	var last error
	pause := firstPause
	for {
		if e.opts.Wait && cut == nil {
			e.setStatus(statusWaiting, reason(last))
			asked := e.awaitStart(ctx)
			if asked == nil {
				return nil
			}
			wanted, pause = *asked, firstPause
		}
		conv, err := e.connect(ctx, to, &wanted, cut, pause)
		switch {
		case err == nil:
		case ctx.Err() != nil:
			return nil
		case !e.opts.Wait:
			return err
		default:
			if !errors.Is(err, errStopped) {
				e.out.post(event.Event{Type: event.Error, Text: err.Error(), Hint: Hint(err)})
			}
			e.forgetVoice()
			cut, last = nil, err
			continue
		}
		if cut != nil {
			pause = min(2*pause, mostPause)
		}
		u.talk(e)
		began := time.Now()
		err = e.converse(ctx, conv, cut != nil, wanted.preroll)
		cut, last, wanted.preroll = nil, err, false
		switch {
		case ctx.Err() != nil:
			return err
		case e.opts.Reconnect && !over(err):
			if time.Since(began) > steadyTime {
				pause = firstPause
			}
			cut = err
		case !e.opts.Wait:
			return err
		}
	}
}

// awaitStart waits until a script asks for a conversation. It is nil when ctx is
// done before.
func (e *Engine) awaitStart(ctx context.Context) *start {
	for {
		if asked := e.asked(); asked != nil {
			return asked
		}
		select {
		case <-e.wake:
		case <-ctx.Done():
			return nil
		}
	}
}

// reason is an error as a script is told it.
func reason(err error) string {
	if err == nil {
		return ""
	}
	return err.Error()
}

// over says whether a conversation that ended so was not cut short, or would be
// again in the same way.
func over(err error) bool {
	var closed *convai.CloseError
	return err == nil || errors.As(err, &closed) && closed.Clean() || hopeless(err)
}

// pause waits between two tries to connect, some time up to most: with many
// devices they do not all come back at once. A script that asks for a
// conversation ends it.
func (e *Engine) pause(ctx context.Context, most time.Duration, why error) {
	pause := most/2 + rand.N(most/2)
	e.out.post(event.Event{Type: event.Retrying, Text: why.Error(), Hint: Hint(why), Seconds: pause.Seconds()})
	select {
	case <-time.After(pause):
	case <-e.wake:
	case <-ctx.Done():
	}
}

// connect opens a conversation; again and again when it is to take the place of
// one that was cut short, after a pause, or a device boots before its network.
// What a script asks for meanwhile changes wanted.
func (e *Engine) connect(ctx context.Context, to destination, wanted *start, cut error, most time.Duration) (*convai.Conversation, error) {
	ctx, quit := context.WithCancelCause(ctx)
	defer quit(nil)
	e.setQuit(quit)
	defer e.setQuit(nil)
	again := cut != nil || e.opts.Retry
	if cut == nil {
		e.setStatus(statusConnecting, "")
	} else {
		e.setStatus(statusReconnecting, reason(cut))
	}
	for {
		if cut != nil {
			e.pause(ctx, most, cut)
			most = min(2*most, mostPause)
		}
		if asked := e.asked(); asked != nil {
			*wanted = *asked
		}
		if wanted.preroll {
			e.expectVoice()
		}
		if err := e.allowed(ctx); err != nil {
			return nil, err
		}
		conv, err := e.dial(ctx, to, wanted.Over(e.scripts.Agent().Over(e.opts.Agent)))
		switch {
		case err == nil && ctx.Err() != nil:
			goodbye, cancel := context.WithTimeout(context.Background(), goodbyeTime)
			defer cancel()
			conv.Close(goodbye, "User ended conversation")
			return nil, context.Cause(ctx)
		case err == nil:
			e.mu.Lock()
			e.begun = append(e.begun, time.Now())
			e.mu.Unlock()
			return conv, nil
		case ctx.Err() != nil || hopeless(err) || !again:
			return nil, err
		}
		cut = err
	}
}

// allowed waits until another conversation may begin. The error is ctx's.
func (e *Engine) allowed(ctx context.Context) error {
	if ctx.Err() != nil {
		return context.Cause(ctx)
	}
	e.mu.Lock()
	when, free := e.allowance(time.Now())
	e.mu.Unlock()
	if free {
		return nil
	}
	e.out.post(event.Event{
		Type: event.Retrying, Seconds: time.Until(when).Seconds(),
		Text: fmt.Sprintf("%d conversations were begun within an hour", e.startsPerHour()),
		Hint: "--starts-per-hour allows more",
	})
	select {
	case <-time.After(time.Until(when)):
		return nil
	case <-ctx.Done():
		return context.Cause(ctx)
	}
}
