package work

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"go.uber.org/goleak"

	"moonlark/engine/tool"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// callTime is how long the calls of the tests may take.
const callTime = 9 * time.Second

var once, often = tools[0], tools[1]

// echo returns the arguments at once.
func echo(_ context.Context, args string) (string, error) { return args, nil }

// after returns a function that returns the arguments after d, or an error when it must end before.
func after(d time.Duration) func(context.Context, string) (string, error) {
	return func(ctx context.Context, args string) (string, error) {
		select {
		case <-time.After(d):
			return args, nil
		case <-ctx.Done():
			return "", ctx.Err()
		}
	}
}

// want fails the test if got is not want.
func want(t *testing.T, what, got, want string) {
	t.Helper()
	if got != want {
		t.Errorf("%s: got %q, want %q", what, got, want)
	}
}

func TestAWorkerCarriesOutACall(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		f := newFixture(t)
		f.worker("w1", 1, echo)
		want(t, "result", f.call(once, `{"n":1}`), `{"n":1}`)
		want(t, "result", f.call(often, `{"n":2}`), `{"n":2}`)
		want(t, "calls", f.runs(), `[w1:{"n":1} w1:{"n":2}]`)
	})
}

func TestWithoutAWorkerTheCallFailsAtOnce(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		f, start := newFixture(t), time.Now()
		for _, spec := range tools {
			want(t, "result", f.call(spec, `{}`), "! "+spec.Name+" cannot run now: no worker for it is connected")
		}
		f.hub.offline = true
		want(t, "result", f.call(once, `{}`), "! once cannot run now: no connection with the hub")
		if took := time.Since(start); took != 0 {
			t.Errorf("took %v", took)
		}
	})
}

func TestABusyWorkerIsPassedOver(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		f := newFixture(t)
		f.worker("w1", 1, after(5*time.Second))
		first, _ := f.start(once, `1`)
		synctest.Wait()
		f.worker("w2", 1, echo)
		f.hub.turn = 0
		want(t, "result", f.call(once, `2`), "2")
		want(t, "offers", f.hub.seen(), "[w1:1 w1:1 w2:2]")
		want(t, "the first result", text(<-first), "1")
		want(t, "calls", f.runs(), "[w1:1 w2:2]")
	})
}

func TestIfAllWorkersAreBusyTheCallFailsSoon(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		f := newFixture(t)
		w, _ := f.worker("w1", 2, after(5*time.Second))
		a, _ := f.start(once, `1`)
		b, _ := f.start(once, `2`)
		synctest.Wait()
		start := time.Now()
		want(t, "result", f.call(once, `3`), "! once is busy: the workers that carry it out have too much to do; try again in a moment")
		if took := time.Since(start); took > time.Second {
			t.Errorf("took %v", took)
		}
		<-a
		<-b
		want(t, "result after that", f.call(once, `4`), "4")
		w.Close(t.Context())
	})
}

// A worker that has died without the hub noticing it does not reply.
func TestAWorkerThatDiesBeforeItTakesTheCallIsPassedOver(t *testing.T) {
	t.Parallel()
	for _, spec := range tools {
		synctest.Test(t, func(t *testing.T) {
			f, start := newFixture(t), time.Now()
			_, dead := f.worker("w1", 1, echo)
			f.worker("w2", 1, echo)
			dead.die()
			want(t, "result", f.call(spec, `1`), "1")
			want(t, "calls", f.runs(), "[w2:1]")
			if took := time.Since(start); took != acceptTime {
				t.Errorf("took %v", took)
			}
		})
	}
}

func TestIfNoWorkerRepliesTheCallFailsSoon(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		f, start := newFixture(t), time.Now()
		_, dead := f.worker("w1", 1, echo)
		dead.die()
		want(t, "result", f.call(once, `1`), "! once cannot run now: its workers do not answer")
		if took := time.Since(start); took != maxOffers*acceptTime {
			t.Errorf("took %v", took)
		}
	})
}

// A worker that was suspended gets its messages late. It must not carry out what another one has.
func TestAWorkerThatTakesTheCallTooLateDoesNotBegin(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		f := newFixture(t)
		_, slow := f.worker("w1", 1, echo)
		f.worker("w2", 1, echo)
		handle := slow.tools["once"]
		slow.tools["once"] = func(r Request, p Peer) {
			time.Sleep(2 * acceptTime)
			handle(r, p)
		}
		want(t, "result", f.call(once, `1`), "1")
		time.Sleep(time.Minute)
		want(t, "calls", f.runs(), "[w2:1]")
		slow.tools["once"] = handle
		f.hub.turn = 0
		want(t, "a call for the same worker", f.call(once, `2`), "2") // its only slot is free
		want(t, "calls", f.runs(), "[w2:1 w1:2]")
	})
}

func TestACallIsNotRepeatedIfItsWorkerDies(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		f, start := newFixture(t), time.Now()
		_, server := f.worker("w1", 1, after(3*time.Second))
		f.worker("w2", 1, echo)
		results, _ := f.start(once, `1`)
		synctest.Wait()
		server.die()
		r := <-results
		want(t, "result", text(r), "! once: the worker w1 has not answered in 9s. The call may or may not have been carried out")
		if r.Type != tool.ClientTimeout || time.Since(start) != callTime {
			t.Errorf("the type is %s, after %v", r.Type, time.Since(start))
		}
		want(t, "calls", f.runs(), "[w1:1]")
	})
}

func TestAnIdempotentCallIsRepeatedIfItsWorkerDies(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		f, start := newFixture(t), time.Now()
		_, server := f.worker("w1", 1, after(3*time.Second))
		f.worker("w2", 1, after(time.Second))
		results, _ := f.start(often, `1`)
		synctest.Wait()
		server.die()
		want(t, "result", text(<-results), "1")
		if took := time.Since(start); took != callTime*2/3+time.Second {
			t.Errorf("took %v", took)
		}
		want(t, "calls", f.runs(), "[w1:1 w2:1]")
	})
}

// The worker is slow, and the second attempt of the call arrives there too.
func TestASecondAttemptGetsTheResultOfTheFirst(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		f, start := newFixture(t), time.Now()
		f.worker("w1", 2, after(7*time.Second))
		want(t, "result", f.call(often, `1`), "1")
		if took := time.Since(start); took != 7*time.Second {
			t.Errorf("took %v", took)
		}
		want(t, "offers", f.hub.seen(), "[w1:1 w1:2 w1:3 w1:4 w1:5 w1:6 w1:7 w1:8 w1:9]") // it has looked for another worker
		want(t, "calls", f.runs(), "[w1:1]")
	})
}

func TestIfNobodyRepeatsTheCallTheFirstWorkerCanStillAnswer(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		f := newFixture(t)
		f.worker("w1", 1, after(8*time.Second))
		_, dead := f.worker("w2", 1, echo)
		dead.die()
		results, _ := f.start(often, `1`)
		synctest.Wait()
		f.hub.mu.Lock()
		f.hub.workers["often"] = f.hub.workers["often"][1:] // only the dead one remains
		f.hub.mu.Unlock()
		want(t, "result", text(<-results), "1")
		want(t, "calls", f.runs(), "[w1:1]")
	})
}

func TestAWorkerEndsItsCallsBeforeItCloses(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		f, start := newFixture(t), time.Now()
		w, _ := f.worker("w1", 1, after(5*time.Second))
		results, _ := f.start(once, `1`)
		synctest.Wait()
		w.Close(t.Context())
		if took := time.Since(start); took != 5*time.Second {
			t.Errorf("closed after %v", took)
		}
		want(t, "result", text(<-results), "1")
		want(t, "result after that", f.call(once, `2`), "! once cannot run now: no worker for it is connected")
	})
}

func TestAWorkerThatMustCloseTellsTheCallers(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		f, start := newFixture(t), time.Now()
		w, _ := f.worker("w1", 2, after(8*time.Second))
		results, _ := f.start(once, `1`)
		repeated, _ := f.start(often, `2`)
		synctest.Wait()
		f.worker("w2", 1, echo)
		ctx, cancel := context.WithTimeout(t.Context(), time.Second)
		defer cancel()
		w.Close(ctx)
		want(t, "result", text(<-results), "! once: the worker w1 has ended. The call may or may not have been carried out")
		want(t, "result of the idempotent tool", text(<-repeated), "2")
		if took := time.Since(start); took != time.Second {
			t.Errorf("took %v", took)
		}
	})
}

func TestACallThatTakesTooLongIsStopped(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		f, start := newFixture(t), time.Now()
		var stopped time.Duration
		w, _ := f.worker("w1", 1, func(ctx context.Context, _ string) (string, error) {
			<-ctx.Done()
			stopped = time.Since(start)
			return "", ctx.Err()
		})
		if got := f.call(once, `1`); !strings.HasPrefix(got, "! once") {
			t.Errorf("got %s", got)
		}
		w.Close(t.Context())
		if stopped != callTime {
			t.Errorf("the worker has stopped the call after %v", stopped)
		}
	})
}

func TestACancelledCallIsAnsweredAtOnce(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		f, start := newFixture(t), time.Now()
		f.worker("w1", 1, after(5*time.Second))
		results, cancel := f.start(often, `1`)
		synctest.Wait()
		cancel()
		if r := <-results; !r.IsError || time.Since(start) != 0 {
			t.Errorf("got %+v after %v", r, time.Since(start))
		}
		f.caller.Close()
		want(t, "result after Close", f.call(once, `2`), "! once cannot run now: the program is ending")
	})
}

func TestTooLargeResultsAreErrors(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		f := newFixture(t)
		size := tool.MaxResult
		f.worker("w1", 1, func(context.Context, string) (string, error) { return strings.Repeat("x", size), nil })
		if got := f.call(once, `1`); len(got) != size {
			t.Errorf("a result of %d bytes becomes %.100s", size, got)
		}
		size++
		want(t, "result", f.call(once, `1`), "! once returned 262145 bytes; 262144 are allowed")
	})
}

func TestAnotherBundleIsReportedOnce(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		f := newFixture(t)
		w, _ := f.worker("w1", 1, echo)
		f.call(once, `1`)
		w.opts.Bundle = "bbbb"
		f.call(once, `2`)
		f.call(once, `3`)
		want(t, "log", strings.Join(f.logs, "\n"), "the worker w1 runs another bundle than this device: bbbb, not aaaa")
	})
}

func TestAWorkerServesTheToolsThatItHas(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		f := newFixture(t)
		w, _ := f.worker("w1", 1, echo)
		err := w.SetTools([]*tool.Spec{{Name: "refused"}, {Name: "once"}})
		if err == nil || err.Error() != "refused cannot be served" {
			t.Errorf("got %v", err)
		}
		want(t, "result", f.call(once, `1`), "1")
		want(t, "result", f.call(often, `2`), "! often cannot run now: no worker for it is connected")
	})
}

// Many calls at the same time, with workers that come and die: each call is answered once, and no call of a
// tool that must not be repeated runs twice.
func TestEachCallIsAnsweredOnce(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		f := newFixture(t)
		var servers []*memoryServer
		for i := range 4 {
			_, s := f.worker(fmt.Sprint("w", i), 3, after(time.Duration(i+1)*200*time.Millisecond))
			servers = append(servers, s)
		}
		var all []<-chan tool.Result
		for i := range 200 {
			spec := tools[i%2]
			results, _ := f.start(spec, fmt.Sprint(i))
			all = append(all, results)
			time.Sleep(17 * time.Millisecond)
			if i == 60 || i == 120 {
				servers[i/60].die()
			}
		}
		time.Sleep(2 * callTime)
		done := 0
		for i, results := range all {
			if len(results) != 1 {
				t.Fatalf("call %d has %d answers", i, len(results))
			}
			if r := <-results; !r.IsError {
				done++
				want(t, fmt.Sprint("result ", i), r.Text, fmt.Sprint(i))
			}
		}
		if done < 50 {
			t.Errorf("only %d of 200 calls have a result", done)
		}
		times := make(map[string]int)
		for _, run := range f.ran {
			_, args, _ := strings.Cut(run, ":")
			times[args]++
		}
		for args, n := range times {
			if isOnce := slices.Contains([]string{"0", "2", "4", "6", "8"}, args[len(args)-1:]); isOnce && n > 1 {
				t.Errorf("call %s ran %d times", args, n)
			}
		}
	})
}
