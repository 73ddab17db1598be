package http

import (
	"context"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"moonlark/luastd"
)

// newTestCall returns a call that is running and holds 100 bytes, and a stream for its answer.
// closed counts how often the stream has been closed.
func newTestCall(t *testing.T) (c *call, s *stream, closed *int) {
	c = &call{m: &module{budget: new(luastd.Budget)}, r: new(request), stage: stageRunning, timer: time.NewTimer(time.Hour)}
	c.ctx, c.cancel = context.WithCancelCause(t.Context())
	c.holdAnswer(100)
	closed = new(int)
	return c, &stream{c: c, done: func() { *closed++ }}, closed
}

func TestAStreamThatComesTooLateIsClosed(t *testing.T) {
	c, s, closed := newTestCall(t)
	c.abandon()
	c.end()
	c.finish(&answer{stream: s}, nil)
	if held := c.m.budget.Used(); *closed != 1 || held != 0 {
		t.Errorf("the stream was closed %d times, and %d bytes are held", *closed, held)
	}
}

func TestAStreamThatNobodyGetsIsClosed(t *testing.T) {
	c, s, closed := newTestCall(t)
	c.finish(&answer{stream: s}, nil)
	c.abandon()
	c.end()
	if held := c.m.budget.Used(); *closed != 1 || held != 0 {
		t.Errorf("the stream was closed %d times, and %d bytes are held", *closed, held)
	}
}

func TestAStreamThatTheScriptGetsStaysOpen(t *testing.T) {
	c, s, closed := newTestCall(t)
	c.finish(&answer{stream: s}, nil)
	c.end()
	if held := c.m.budget.Used(); *closed != 0 || held != 0 || c.ctx.Err() != nil {
		t.Errorf("the stream was closed %d times, %d bytes are held, and the context has the error %v", *closed, held, c.ctx.Err())
	}
	s.close()
	s.close()
	if *closed != 1 || c.ctx.Err() == nil {
		t.Errorf("after close, the stream was closed %d times", *closed)
	}
}

func TestACallThatFailsBeforeItStartsHoldsNothing(t *testing.T) {
	c, _, _ := newTestCall(t)
	c.stage = stageNew
	c.end()
	if held := c.m.budget.Used(); held != 0 || c.ctx.Err() == nil {
		t.Errorf("%d bytes are held", held)
	}
}

// Each order in which a call ends releases what it holds once.
func TestACallReleasesWhatItHoldsOnce(t *testing.T) {
	finish := func(c *call) { c.finish(&answer{}, nil) }
	for why, steps := range map[string][]func(c *call){
		"in time":                               {finish, (*call).end},
		"killed while it runs":                  {(*call).abandon, (*call).end, finish},
		"killed, and finished before the end":   {(*call).abandon, finish, (*call).end},
		"killed when it has finished":           {finish, (*call).abandon, (*call).end},
		"ended by an error in another function": {(*call).end, finish},
	} {
		c, _, _ := newTestCall(t)
		c.r.body = &body{held: 50}
		if !c.holdRequest() || c.m.budget.Used() != 150 {
			t.Fatalf("%d bytes are counted", c.m.budget.Used())
		}
		for _, step := range steps {
			step(c)
		}
		if used := c.m.budget.Used(); used != 0 {
			t.Errorf("%s: %d bytes are counted", why, used)
		}
	}
}

// Between two attempts, the body of the request still counts, and that of the answer does not.
func TestTheRequestCountsBetweenTwoAttempts(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c, _, _ := newTestCall(t)
		c.r = &request{method: "GET", retries: 1, body: &body{held: 50}}
		c.timeout, c.begun = time.Minute, time.Now()
		c.holdRequest()
		var during atomic.Int64
		time.AfterFunc(100*time.Millisecond, func() { during.Store(int64(c.m.budget.Used())) })
		c.tryAgain(func() (*answer, error) { return &answer{status: 503}, nil })
		if n := during.Load(); n != 50 {
			t.Errorf("%d bytes are counted, want 50", n)
		}
		c.timer.Stop()
	})
}
