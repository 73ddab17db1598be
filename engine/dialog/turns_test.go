package dialog

import (
	"context"
	"errors"
	"testing"
	"testing/synctest"
	"time"
)

func TestATurnIsOver(t *testing.T) {
	type step struct {
		after time.Duration
		do    func(*Turns)
	}
	say := func(t *Turns) { t.userSpoke() }
	reply := func(id int) func(*Turns) { return func(t *Turns) { t.agentSpoke(id) } }
	end := func(t *Turns) { t.agentEnded() }
	call := func(t *Turns) { t.callBegan("a") }
	answer := func(t *Turns) { t.resultIsSent(0); t.callEnded(0) }
	for _, row := range []struct {
		why   string
		steps []step
		at    time.Duration // time from the last step until AwaitReply returns
		err   error
	}{
		{"at once when nothing was said", nil, 0, nil},
		{"when the agent says that its reply is complete", []step{{0, say}, {2 * time.Second, reply(2)}, {0, end}}, announceTime, nil},
		{"after a second of quiet when it does not", []step{{0, say}, {2 * time.Second, reply(2)}}, time.Second, nil},
		{"not by the greeting, whose end comes late", []step{{0, reply(1)}, {0, say}, {0, reply(1)}, {0, end}}, 30 * time.Second, ErrNoReply},
		{"not by the rest of an interrupted greeting", []step{{0, func(t *Turns) { t.agentBegan(1) }}, {0, say}, {0, reply(1)}, {0, end}}, 30 * time.Second, ErrNoReply},
		{"not while a call is unanswered", []step{{0, say}, {0, reply(2)}, {0, call}, {time.Minute, answer}}, 5 * time.Second, nil},
		{"by the reply to a tool's result", []step{{0, say}, {0, reply(2)}, {0, call}, {0, answer}, {4 * time.Second, reply(2)}}, time.Second, nil},
		{"also when the agent does not number its responses", []step{{0, reply(0)}, {0, say}, {0, reply(0)}, {0, end}}, announceTime, nil},
		{"after 30 s without a reply", []step{{0, say}}, 30 * time.Second, ErrNoReply},
		{"when the agent hangs up before it replies", []step{{0, say}, {time.Second, (*Turns).hungUp}}, 0, ErrHungUp},
		{"when the agent hangs up after it has replied", []step{{0, say}, {0, reply(2)}, {0, (*Turns).hungUp}}, 0, nil},
		{"for a tool call outside of a turn too", []step{{0, call}, {time.Second, answer}, {0, reply(3)}, {0, end}}, announceTime, nil},
		{"at once when the message could not be sent", []step{{0, say}, {0, (*Turns).takeBack}}, 0, nil},
	} {
		t.Run(row.why, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				tr := NewTurns()
				if len(row.steps) > 0 {
					row.steps[0].do(tr)
				}
				var err error
				done := make(chan struct{})
				go func() { err = tr.AwaitReply(context.Background()); close(done) }()
				for _, s := range row.steps[min(1, len(row.steps)):] {
					time.Sleep(s.after)
					s.do(tr)
				}
				began := time.Now()
				<-done
				if took := time.Since(began); took != row.at || err != row.err {
					t.Errorf("over after %v with %v, want %v with %v", took, err, row.at, row.err)
				}
			})
		})
	}
}

func TestTheGreetingIsAwaitedForASecondOfQuiet(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		tr := NewTurns()
		began := time.Now()
		tr.AwaitGreeting(context.Background(), false)
		if took := time.Since(began); took != time.Second {
			t.Errorf("without a greeting it took %v, want 1s", took)
		}
		tr = NewTurns()
		time.AfterFunc(300*time.Millisecond, func() { tr.agentSpoke(1) })
		began = time.Now()
		tr.AwaitGreeting(context.Background(), false)
		if took := time.Since(began); took != 300*time.Millisecond {
			t.Errorf("with a greeting it took %v, want 300ms", took)
		}
	})
}

func TestTheGreetingOfAnAgentThatCertainlyGreetsIsAwaitedForLonger(t *testing.T) {
	for _, row := range []struct{ spokenAfter, want time.Duration }{
		{5 * time.Second, 5 * time.Second}, // a slow voice
		{time.Hour, replyTimeout},
	} {
		synctest.Test(t, func(t *testing.T) {
			turns := NewTurns()
			turns.begin(true)
			speaks := time.AfterFunc(row.spokenAfter, func() { turns.agentSpoke(1) })
			defer speaks.Stop()
			began := time.Now()
			turns.AwaitGreeting(t.Context(), false)
			if took := time.Since(began); took != row.want {
				t.Errorf("it took %v, want %v", took, row.want)
			}
		})
	}
}

// Dialog.Leave waits until openCalls is 0. A late result of the first conversation must not change
// the counts of the second one.
func TestALateResultOfOneConversationDoesNotCountInTheNext(t *testing.T) {
	turns := NewTurns()
	first := turns.begin(false)
	turns.callBegan("a")
	turns.hungUp()
	second := turns.begin(false)
	turns.resultIsSent(first)
	turns.callEnded(first)
	if turns.openCalls != 0 || turns.newResult {
		t.Errorf("%d calls, a new result: %v", turns.openCalls, turns.newResult)
	}
	turns.callBegan("a")
	turns.resultIsSent(second)
	turns.callEnded(second)
	if turns.openCalls != 0 || !turns.newResult {
		t.Errorf("%d calls, a new result: %v", turns.openCalls, turns.newResult)
	}
}

func TestAFailureOfTheAgentEndsOnlyItsTurn(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		turns := NewTurns()
		turns.begin(false)
		turns.userSpoke()
		turns.failed()
		if err := turns.AwaitReply(t.Context()); !errors.Is(err, ErrNoAnswer) {
			t.Errorf("got %v, want ErrNoAnswer", err)
		}
		if err := turns.AwaitReply(t.Context()); err != nil {
			t.Errorf("without a turn: got %v", err)
		}
		turns.userSpoke()
		turns.failed()
		turns.begin(false) // another conversation
		if err := turns.AwaitReply(t.Context()); err != nil {
			t.Errorf("in the next conversation: got %v", err)
		}
	})
}
