package engine

import (
	"context"
	"sync"
	"time"
)

const (
	quiet    = time.Second      // without a word from the agent, and its reply is over
	thinking = 5 * time.Second  // the same, when it has not replied to a tool's result yet
	patience = 30 * time.Second // for a reply
)

// A turnTracker knows whether the agent has finished with what the user said:
// it has replied after the user's last message, no tool call is unanswered,
// and it has said that it is complete, or has been quiet for a second. Any
// goroutine may use it.
type turnTracker struct {
	mu      sync.Mutex    // guards what follows
	changed chan struct{} // closed at a change; nil while nobody waits
	said    bool          // the agent has said anything at all
	greeted bool          // and said that this was all of it
	latest  int           // the id of the response it began last
	before  int           // the same, when the user last spoke: what still comes of that is no reply
	open    bool          // the user has said something that has not been replied to in full
	replied bool
	ended   bool // the agent has said that the reply is complete
	talk    int  // which conversation it is
	calls   int  // of it that are unanswered
	fresh   bool // a result went out that the agent has said nothing about
	over    bool // the conversation is
	last    time.Time
}

func newTurnTracker() *turnTracker {
	return &turnTracker{last: time.Now()}
}

// begin forgets the conversation before. It returns what its calls are counted
// off by.
func (t *turnTracker) begin() (talk int) {
	t.note(func() {
		t.talk++
		talk = t.talk
		t.said, t.greeted, t.latest, t.before = false, false, 0, 0
		t.open, t.replied, t.ended, t.calls, t.fresh, t.over = false, false, false, 0, false, false
	})
	return talk
}

// note changes the tracker and wakes whoever waits.
func (t *turnTracker) note(change func()) {
	t.mu.Lock()
	defer t.mu.Unlock()
	change()
	t.last = time.Now()
	if t.changed != nil {
		close(t.changed)
		t.changed = nil
	}
}

func (t *turnTracker) userSpoke() {
	t.note(func() { t.open, t.replied, t.ended, t.fresh, t.before = true, false, false, false, t.latest })
}

// unsaid takes back userSpoke: the message did not go out.
func (t *turnTracker) unsaid() { t.note(func() { t.open = false }) }

// agentBegan notes that a response has begun.
func (t *turnTracker) agentBegan(id int) { t.note(func() { t.latest = id }) }

// agentSpoke notes a whole response; zero is no id.
func (t *turnTracker) agentSpoke(id int) {
	t.note(func() {
		t.said, t.latest = true, id
		if id == 0 || id != t.before {
			t.replied, t.fresh = true, false
		}
	})
}

func (t *turnTracker) agentMoved() { t.note(func() {}) }
func (t *turnTracker) agentEnded() { t.note(func() { t.ended, t.greeted = t.replied, t.said }) }
func (t *turnTracker) hungUp()     { t.note(func() { t.over = true }) }

// callBegan counts a call; one that comes by itself is a turn of its own.
func (t *turnTracker) callBegan() {
	t.note(func() {
		t.calls++
		if !t.open {
			t.open, t.replied, t.ended = true, false, false
		}
	})
}

// callAnswered counts a call off, if its conversation is the present one. The
// agent is to say something about a result that has been sent.
func (t *turnTracker) callAnswered(talk int, sent bool) {
	t.note(func() {
		if talk == t.talk {
			t.calls, t.fresh = t.calls-1, t.fresh || sent
		}
	})
}

// await returns when done says so, or with an error when ctx is done. done is
// asked at each change and says what would have to pass without one for it to
// be asked again; it is called with the mutex held.
func (t *turnTracker) await(ctx context.Context, done func() (over bool, again time.Time, err error)) error {
	for {
		t.mu.Lock()
		over, again, err := done()
		if t.changed == nil {
			t.changed = make(chan struct{})
		}
		changed := t.changed
		t.mu.Unlock()
		if over || err != nil {
			return err
		}
		select {
		case <-changed:
		case <-time.After(time.Until(again)):
		case <-ctx.Done():
			return context.Cause(ctx)
		}
	}
}

// awaitGreeting waits until the agent has spoken first, or has kept quiet. If
// the whole of it is of interest, it waits until the agent has come to its end.
func (t *turnTracker) awaitGreeting(ctx context.Context, whole bool) error {
	return t.await(ctx, func() (bool, time.Time, error) {
		again := t.last.Add(quiet)
		return t.said && !whole || t.greeted || t.over || !time.Now().Before(again), again, nil
	})
}

// awaitReply waits until the turn is over. It is at once when the user has said
// nothing. The error is ErrNoReply when no reply comes, errHungUp when none can
// come any more.
func (t *turnTracker) awaitReply(ctx context.Context) error {
	return t.await(ctx, func() (bool, time.Time, error) {
		switch {
		case !t.open && t.calls == 0:
			return true, time.Time{}, nil
		case t.over && t.replied:
			return true, time.Time{}, nil
		case t.over:
			return false, time.Time{}, errHungUp
		case t.calls > 0:
			return false, time.Now().Add(time.Hour), nil
		case t.replied && t.ended:
			t.open = false
			return true, time.Time{}, nil
		}
		again := t.last.Add(patience)
		if t.replied && t.fresh {
			again = t.last.Add(thinking)
		} else if t.replied {
			again = t.last.Add(quiet)
		}
		if time.Now().Before(again) {
			return false, again, nil
		}
		t.open = false
		if t.replied {
			return true, time.Time{}, nil
		}
		return false, time.Time{}, ErrNoReply
	})
}
