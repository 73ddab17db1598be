package work

import (
	"context"
	"testing"
	"testing/synctest"
	"time"
)

// A dead worker gets the offers again and again, and another one is idle.
func TestDeadWorkersDoNotMakeACallFail(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		f := newFixture(t)
		_, dead := f.worker("w1", 1, echo)
		dead.die()
		f.hub.workers["once"] = append(f.hub.workers["once"], dead, dead, dead)
		f.worker("w2", 1, echo)
		want(t, "result", f.call(once, `1`), "1")
	})
}

func TestAWorkerWhoseConfirmationIsLateReturnsTheCall(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		f, start := newFixture(t), time.Now()
		_, server := f.worker("w1", 1, echo)
		server.isDeaf = true
		f.worker("w2", 1, echo)
		want(t, "result", f.call(once, `1`), "1")
		if took := time.Since(start); took != confirmTime {
			t.Errorf("took %v", took)
		}
		want(t, "calls", f.runs(), "[w2:1]")
	})
}

// The hub gives the second attempt to the worker of the first one, which takes every attempt of its calls.
func TestTheSecondAttemptGoesToAnotherWorker(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		f, start := newFixture(t), time.Now()
		_, server := f.worker("w1", 1, after(callTime-time.Second))
		f.worker("w2", 1, after(time.Second))
		results, _ := f.start(often, `1`)
		synctest.Wait()
		f.hub.setTurn(0)
		want(t, "result", text(<-results), "1")
		if took := time.Since(start); took != callTime*2/3+pause+time.Second {
			t.Errorf("took %v", took)
		}
		want(t, "offers", f.hub.seen(), "[w1:1 w1:2 w2:3]")
		server.die() // its result has nowhere to go
	})
}

// The worker of the first attempt replies nonsense while another one carries out the call.
func TestABadReplyDoesNotEndTheOtherAttempt(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		f := newFixture(t)
		_, server := f.worker("w1", 1, echo)
		server.tools["often"] = func(_ Request, p Peer) {
			_ = p.Accept(t.Context(), Reply{Kind: Accepted, Worker: "w1"})
			time.Sleep(callTime*2/3 + time.Second/2)
			_ = p.Reply(Reply{Kind: "nonsense", Worker: "w1"})
		}
		results, _ := f.start(often, `1`)
		synctest.Wait()
		f.worker("w2", 1, after(time.Second))
		f.hub.setTurn(1)
		want(t, "result", text(<-results), "1")
		want(t, "calls", f.runs(), "[w2:1]")
	})
}

// The worker has the result while the caller waits for a dead one.
func TestTheFirstResultEndsTheSearchForASecondWorker(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		f, start := newFixture(t), time.Now()
		f.worker("w1", 1, after(callTime*2/3+acceptTime/2))
		_, dead := f.worker("w2", 1, echo)
		dead.die()
		results, _ := f.start(often, `1`)
		synctest.Wait()
		f.hub.mu.Lock()
		f.hub.workers["often"] = f.hub.workers["often"][1:] // only the dead one remains
		f.hub.mu.Unlock()
		want(t, "result", text(<-results), "1")
		if took := time.Since(start); took != callTime*2/3+acceptTime {
			t.Errorf("took %v", took)
		}
	})
}

// The hub does not answer, so that each tool is served for some more seconds.
func TestCloseKeepsItsTimeWhileTheHubDoesNotAnswer(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		f, start := newFixture(t), time.Now()
		w, server := f.worker("w1", 2, after(8*time.Second))
		server.stopTime = 3 * time.Second
		results, _ := f.start(once, `1`)
		synctest.Wait()
		ctx, cancel := context.WithTimeout(t.Context(), time.Second)
		defer cancel()
		closed := make(chan struct{})
		go func() {
			w.Close(ctx)
			close(closed)
		}()
		synctest.Wait()
		want(t, "a call meanwhile", f.call(once, `2`), "! once is busy: the workers that carry it out have too much to do; try again in a moment")
		want(t, "result", text(<-results), "! once: the worker w1 has ended. The call may or may not have been carried out")
		if took := time.Since(start); took != time.Second {
			t.Errorf("the call was ended after %v", took)
		}
		<-closed
		if took := time.Since(start); took != server.stopTime {
			t.Errorf("closed after %v", took)
		}
	})
}
