package engine

import (
	"context"
	"testing"
	"testing/synctest"
	"time"
)

func TestATurnIsOver(t *testing.T) {
	type step struct {
		after time.Duration
		do    func(*turnTracker)
	}
	say := func(t *turnTracker) { t.userSpoke() }
	reply := func(id int) func(*turnTracker) { return func(t *turnTracker) { t.agentSpoke(id) } }
	end := func(t *turnTracker) { t.agentEnded() }
	call := func(t *turnTracker) { t.callBegan() }
	answer := func(t *turnTracker) { t.callAnswered(0, true) }
	for _, row := range []struct {
		why   string
		steps []step
		at    time.Duration // after the last step
		err   error
	}{
		{"at once when nothing was said", nil, 0, nil},
		{"when the agent says that its reply is complete", []step{{0, say}, {2 * time.Second, reply(2)}, {0, end}}, 0, nil},
		{"after a second of quiet when it does not", []step{{0, say}, {2 * time.Second, reply(2)}}, time.Second, nil},
		{"not by the greeting, whose end comes late", []step{{0, reply(1)}, {0, say}, {0, reply(1)}, {0, end}}, 30 * time.Second, ErrNoReply},
		{"not by the rest of a greeting that was broken off", []step{{0, func(t *turnTracker) { t.agentBegan(1) }}, {0, say}, {0, reply(1)}, {0, end}}, 30 * time.Second, ErrNoReply},
		{"not while a call is unanswered", []step{{0, say}, {0, reply(2)}, {0, call}, {time.Minute, answer}}, 5 * time.Second, nil},
		{"by the reply to a tool's result", []step{{0, say}, {0, reply(2)}, {0, call}, {0, answer}, {4 * time.Second, reply(2)}}, time.Second, nil},
		{"also when the agent numbers nothing", []step{{0, reply(0)}, {0, say}, {0, reply(0)}, {0, end}}, 0, nil},
		{"after 30 s without a reply", []step{{0, say}}, 30 * time.Second, ErrNoReply},
		{"when the agent hangs up before it replies", []step{{0, say}, {time.Second, (*turnTracker).hungUp}}, 0, errHungUp},
		{"when the agent hangs up after it has replied", []step{{0, say}, {0, reply(2)}, {0, (*turnTracker).hungUp}}, 0, nil},
		{"for a call that nobody asked for too", []step{{0, call}, {time.Second, answer}, {0, reply(3)}, {0, end}}, 0, nil},
		{"at once when what was said did not go out", []step{{0, say}, {0, (*turnTracker).unsaid}}, 0, nil},
	} {
		t.Run(row.why, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				tr := newTurnTracker()
				if len(row.steps) > 0 {
					row.steps[0].do(tr)
				}
				var err error
				done := make(chan struct{})
				go func() { err = tr.awaitReply(context.Background()); close(done) }()
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
		tr := newTurnTracker()
		began := time.Now()
		tr.awaitGreeting(context.Background(), false)
		if took := time.Since(began); took != time.Second {
			t.Errorf("without a greeting it took %v, want 1s", took)
		}
		tr = newTurnTracker()
		time.AfterFunc(300*time.Millisecond, func() { tr.agentSpoke(1) })
		began = time.Now()
		tr.awaitGreeting(context.Background(), false)
		if took := time.Since(began); took != 300*time.Millisecond {
			t.Errorf("with a greeting it took %v, want 300ms", took)
		}
	})
}
