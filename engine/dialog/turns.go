package dialog

import (
	"context"
	"errors"
	"sync"
	"time"
)

const (
	// A reply is complete when the agent says so, or when the agent has been quiet for quietTime.
	// After a tool result to which the agent has not reacted, thinkingTime is used instead.
	quietTime    = time.Second
	thinkingTime = 5 * time.Second

	// After the agent has said that its reply is complete, a tool that it announces within
	// announceTime still belongs to the turn.
	announceTime = 50 * time.Millisecond

	replyTimeout = 30 * time.Second // maximum time until the agent begins its reply to the user

	// slowTimeout is used instead of replyTimeout and thinkingTime after AllowSlowReplies was
	// called.
	slowTimeout = 2 * time.Minute
)

// ErrNoReply says that the agent has not replied to a message of the user in time.
var ErrNoReply = errors.New("the agent has not replied")

// ErrNoAnswer says that the agent could not answer a message of the user. The agent has said why,
// in an Error event.
var ErrNoAnswer = errors.New("the agent could not answer")

// ErrHungUp says that the conversation ended before the agent had replied.
var ErrHungUp = errors.New("the conversation ended before there was a reply")

// ErrAgentEnded says that the agent ended the conversation before it had replied to all messages of
// the user.
var ErrAgentEnded = errors.New("the agent has ended the conversation")

// A turnID is the number of a conversation of a Turns: 1 for the first, 2 for the next.
type turnID int

// Turns follows whose turn it is. The turn is over when the agent has replied to the user's last
// message, no tool call is running or announced, and the agent has said that its reply is complete
// or has been quiet for a second. One Turns is used for all conversations with an agent, one after
// the other. Any goroutine may use it.
type Turns struct {
	slow bool // AllowSlowReplies was called; never changes afterwards

	mu      sync.Mutex    // guards the fields below
	changed chan struct{} // closed at the next change; nil while no goroutine waits for a change
	last    time.Time     // time of the last change

	conversation turnID
	hasEnded     bool // the conversation has ended

	greets         bool // the agent always begins the conversation with a greeting
	spoken         bool // the agent has said something in this conversation
	greeted        bool // the agent has said that its greeting is complete
	latestResponse int  // id of the response that the agent began most recently
	// id of the response that was the latest one when the user last spoke; more text of that
	// response is not a reply to the user
	responseAtInput int

	open       bool // the turn is not over: the agent has not replied completely
	replied    bool // the agent has begun to reply
	hasFailed  bool // the agent has reported that it could not answer
	replyEnded bool // the agent has said that its reply is complete
	openCalls  int  // number of tool calls in this conversation that have no result yet
	newResult  bool // the agent has a new result of a tool, and has not reacted to it
	// open tool calls that the agent has announced in this conversation, by the id of the call;
	// client tool calls are counted by openCalls instead as soon as they have arrived
	announced map[string]*announcedCall
	overCalls recentIDs // ids of the announced calls that are not open any more
	lastSpoke time.Time // when the agent last sent a whole response
	endedAt   time.Time // when the agent said that its reply is complete; valid if replyEnded is set
}

// NewTurns makes a Turns before the first conversation.
func NewTurns() *Turns {
	return &Turns{last: time.Now(), announced: make(map[string]*announcedCall)}
}

// AllowSlowReplies makes the turns wait longer. Call it before the first conversation, for an agent
// that always answers, or says that it cannot, but may take minutes, because its language model has
// to be loaded.
func (t *Turns) AllowSlowReplies() { t.slow = true }

// begin starts a new conversation. greets says that the agent always begins with a greeting. Pass
// the returned id to callEnded for the tool calls of this conversation.
func (t *Turns) begin(greets bool) (id turnID) {
	t.change(func() {
		t.conversation++
		t.greets = greets
		id = t.conversation
		t.hasEnded, t.spoken, t.greeted, t.latestResponse, t.responseAtInput = false, false, false, 0, 0
		t.open, t.replied, t.replyEnded, t.openCalls, t.newResult, t.hasFailed = false, false, false, 0, false, false
		t.announced, t.overCalls = make(map[string]*announcedCall), recentIDs{}
	})
	return id
}

// change calls do with the mutex held, and wakes all goroutines that wait for a change.
func (t *Turns) change(do func()) {
	t.mu.Lock()
	defer t.mu.Unlock()
	do()
	t.last = time.Now()
	if t.changed != nil {
		close(t.changed)
		t.changed = nil
	}
}

// userSpoke begins a turn.
func (t *Turns) userSpoke() {
	t.change(func() {
		t.open, t.replied, t.replyEnded, t.newResult, t.hasFailed = true, false, false, false, false
		t.responseAtInput = t.latestResponse
	})
}

// takeBack undoes userSpoke. Call it when the user's message could not be sent.
func (t *Turns) takeBack() { t.change(func() { t.open = false }) }

// agentBegan records that a response has begun. response is its id.
func (t *Turns) agentBegan(response int) { t.change(func() { t.latestResponse = response }) }

// agentSpoke records that the agent has sent a whole response. response is its id, zero when the
// agent does not number its responses.
func (t *Turns) agentSpoke(response int) {
	t.change(func() {
		t.spoken, t.latestResponse, t.lastSpoke = true, response, time.Now()
		if response == 0 || response != t.responseAtInput {
			t.replied, t.newResult = true, false
		}
	})
}

// agentMoved records that the agent has done something, so that quietTime starts again.
func (t *Turns) agentMoved() { t.change(func() {}) }

// agentEnded records that the agent has said that its response is complete.
func (t *Turns) agentEnded() {
	t.change(func() {
		if t.replied && !t.replyEnded {
			t.endedAt = time.Now()
		}
		t.replyEnded, t.greeted = t.replied, t.spoken
	})
}

// failed records that the agent could not answer.
func (t *Turns) failed() { t.change(func() { t.hasFailed = t.open }) }

// hungUp records that the conversation has ended.
func (t *Turns) hungUp() { t.change(func() { t.hasEnded = true }) }

// callBegan records that the client tool call id has begun, which may have been announced before. A
// call outside of a turn begins a turn.
func (t *Turns) callBegan(id string) {
	t.change(func() {
		if t.announced[id] != nil {
			t.endAnnounced(id)
		}
		t.openCalls++
		t.beginTurnOfCall()
	})
}

// beginTurnOfCall begins a turn if there is none. It is called when the agent calls a tool. The
// caller holds the mutex.
func (t *Turns) beginTurnOfCall() {
	if !t.open {
		t.open, t.replied, t.replyEnded = true, false, false
	}
}

// resultIsSent records that the agent is about to receive the result of a tool call. What the agent
// said before does not complete its reply. Call resultIsSent before the result can be sent, because
// a quick agent may react before callEnded. It ignores calls of earlier conversations; id is what
// begin returned.
func (t *Turns) resultIsSent(id turnID) {
	t.change(func() {
		if id == t.conversation {
			t.newResult, t.replyEnded = true, false
		}
	})
}

// callEnded records that a tool call is not running any more. It ignores calls of earlier
// conversations; id is what begin returned.
func (t *Turns) callEnded(id turnID) {
	t.change(func() {
		if id == t.conversation {
			t.openCalls--
		}
	})
}

// await calls check until check returns true or an error, and returns this error. It calls check at
// once, after each change, and at the time "again" that check returned, always with the mutex held.
// When ctx is done, await returns the cause of ctx.
func (t *Turns) await(ctx context.Context, check func() (over bool, again time.Time, err error)) error {
	for {
		t.mu.Lock()
		over, again, err := check()
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

// AwaitGreeting waits for the agent's greeting. It returns when the agent has said something, or,
// if whole is set, when the agent has said that its greeting is complete. It also returns when the
// agent has been quiet for a second while no tool runs, or when the conversation has ended. If the agent always
// begins with a greeting, the limit is 30 s, because a slow voice may need that long for the sound.
// AwaitGreeting returns an error only when ctx is done.
func (t *Turns) AwaitGreeting(ctx context.Context, whole bool) error {
	return t.await(ctx, func() (bool, time.Time, error) {
		deadline, announced := t.nextDeadline()
		switch {
		case t.spoken && !whole || t.hasEnded:
			return true, time.Time{}, nil
		case t.openCalls > 0:
			return false, time.Now().Add(time.Hour), nil
		case announced:
			return false, deadline, nil
		}
		again := t.last.Add(quietTime)
		if t.greets && !t.spoken {
			again = t.last.Add(replyTimeout)
		}
		return t.greeted || !time.Now().Before(again), again, nil
	})
}

// AwaitReply waits until the turn is over. It returns at once when there is no turn. The error is
// ErrNoAnswer when the agent says that it cannot answer, ErrNoReply when the agent does not reply,
// ErrHungUp when the conversation ends before a reply, or the cause of ctx when ctx is done.
func (t *Turns) AwaitReply(ctx context.Context) error {
	return t.await(ctx, func() (bool, time.Time, error) {
		deadline, announced := t.nextDeadline()
		switch {
		case t.hasFailed && t.openCalls == 0:
			t.open, t.hasFailed = false, false
			return false, time.Time{}, ErrNoAnswer
		case !t.open && t.openCalls == 0 && !announced:
			return true, time.Time{}, nil
		case t.hasEnded && t.replied:
			return true, time.Time{}, nil
		case t.hasEnded:
			return false, time.Time{}, ErrHungUp
		case t.openCalls > 0:
			return false, time.Now().Add(time.Hour), nil
		case announced:
			return false, deadline, nil
		}
		reply, thinking := replyTimeout, thinkingTime
		if t.slow {
			reply, thinking = slowTimeout, slowTimeout
		}
		again := t.last.Add(reply)
		if t.replied && t.replyEnded {
			again = t.endedAt.Add(announceTime)
		} else if t.replied && t.newResult {
			again = t.last.Add(thinking)
		} else if t.replied {
			again = t.last.Add(quietTime)
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
