package life

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"moonlark/engine/agentsettings"
	"moonlark/engine/bus"
)

// A testLife is a Life whose conversations are simulated by the test. It records what happens.
type testLife struct {
	*Life
	opens   []opening // results of the attempts to connect, in order; the last one repeats
	started []Start   // arguments of all calls of Options.Open, in order
	times   []time.Duration
	began   time.Time
	events  []string // texts of the published events
	// Count of the Retrying events
	failures []int
}

// An opening is the simulated result of one attempt to connect.
type opening struct {
	failed Ending        // why the attempt fails; the attempt succeeds if Err is nil
	lasts  time.Duration // how long the conversation lasts; zero means until it is stopped
	ends   Ending        // how the conversation ends after lasts
	held   func(w *testLife)
}

var (
	cut     = Ending{How: CutOff, Err: errors.New("cut off")}
	refused = Ending{How: Refused, Err: errors.New("refused")}
	closed  = Ending{How: Closed, Err: errors.New("closed with 1000")}
)

// run calls Life.Run on a fake clock and returns its Ending. During Run, it calls during on another
// goroutine. A nil during does nothing.
func run(t *testing.T, opts Options, opens []opening, during func(w *testLife)) (w *testLife, end Ending) {
	synctest.Test(t, func(t *testing.T) {
		w = &testLife{opens: opens, began: time.Now()}
		opts.Bus = new(bus.Bus)
		opts.Bus.Attach(bus.Receiver{Wants: func(bus.Type, string) bool { return true }, Receive: w.record})
		opts.Open = w.open
		w.Life = New(opts)
		var running sync.WaitGroup
		if during != nil {
			running.Go(func() {
				synctest.Wait()
				during(w)
			})
		}
		end = w.Run(t.Context())
		running.Wait()
	})
	return w, end
}

func (w *testLife) record(e bus.Event) {
	switch e.Type {
	case bus.Status:
		text := e.Status
		if e.Reason != "" {
			text += " (" + e.Reason + ")"
		}
		w.events = append(w.events, text)
	case bus.Retrying:
		w.events = append(w.events, "retry: "+e.Text+e.Hint)
		w.failures = append(w.failures, e.Count)
		w.times = append(w.times, time.Duration(e.Seconds*float64(time.Second)))
	case bus.Error:
		w.events = append(w.events, "error: "+e.Text)
	}
}

func (w *testLife) open(ctx context.Context, s Start) (Conversation, Ending) {
	o := w.opens[min(len(w.started), len(w.opens)-1)]
	w.started = append(w.started, s)
	if o.failed.Err != nil {
		return nil, o.failed
	}
	return &fakeConversation{w, o}, Ending{}
}

// A fakeConversation ends after the time in opening.lasts.
type fakeConversation struct {
	w *testLife
	opening
}

func (p *fakeConversation) Hold(ctx context.Context, reconnected, preroll bool) Ending {
	p.w.Connected()
	if reconnected {
		p.w.events = append(p.w.events, "reconnected")
	}
	if p.held != nil {
		p.held(p.w)
	}
	forever := make(chan time.Time)
	over := (<-chan time.Time)(forever)
	if p.lasts > 0 {
		over = time.After(p.lasts)
	}
	select {
	case <-over:
		return p.ends
	case <-ctx.Done():
		return Ending{}
	}
}

func (p *fakeConversation) Discard() { p.w.events = append(p.w.events, "discarded") }

func expect(t *testing.T, w *testLife, want ...string) {
	t.Helper()
	if !slices.Equal(w.events, want) {
		t.Errorf("got  %q\nwant %q", w.events, want)
	}
}

func TestWithoutWaitThereIsOneConversation(t *testing.T) {
	w, end := run(t, Options{}, []opening{{lasts: time.Minute, ends: closed}}, nil)
	expect(t, w, "connecting", "connected", "ended (closed with 1000)")
	if end != closed {
		t.Errorf("it ended with %v", end)
	}
}

func TestOnlyAConversationThatWasCutOffIsReplaced(t *testing.T) {
	for _, row := range []struct {
		name string
		ends Ending
		want []string
	}{
		{"closed by the agent", closed, []string{"connecting", "connected", "ended (closed with 1000)"}},
		{"stopped by this side", Ending{}, []string{"connecting", "connected", "ended"}},
		{"refused by the agent", refused, []string{"connecting", "connected", "ended (refused)"}},
		{"cut off", cut, []string{
			"connecting", "connected", "reconnecting (cut off)", "retry: cut off", "connected", "reconnected", "ended (closed with 1000)"}},
	} {
		t.Run(row.name, func(t *testing.T) {
			w, _ := run(t, Options{Reconnect: true}, []opening{{lasts: time.Second, ends: row.ends}, {lasts: time.Second, ends: closed}}, nil)
			expect(t, w, row.want...)
		})
	}
	w, end := run(t, Options{}, []opening{{lasts: time.Second, ends: cut}}, nil)
	expect(t, w, "connecting", "connected", "ended (cut off)")
	if end != cut {
		t.Errorf("without Reconnect it ended with %v", end)
	}
}

func TestTheFirstConnectionIsTriedAgainOnlyWithRetry(t *testing.T) {
	opens := []opening{{failed: cut}, {failed: cut}, {lasts: time.Second, ends: closed}}
	w, end := run(t, Options{Retry: true}, opens, nil)
	expect(t, w, "connecting", "retry: cut off", "retry: cut off", "connected", "ended (closed with 1000)")
	if end != closed {
		t.Errorf("it ended with %v", end)
	}
	w, end = run(t, Options{}, opens, nil)
	expect(t, w, "connecting", "ended (cut off)")
	if end != cut {
		t.Errorf("without Retry it ended with %v", end)
	}
	w, end = run(t, Options{Retry: true}, []opening{{failed: refused}}, nil)
	expect(t, w, "connecting", "ended (refused)")
	if end != refused {
		t.Errorf("a refused connection ended with %v", end)
	}
}

func TestRunEndsWhenAReconnectIsRefused(t *testing.T) {
	w, end := run(t, Options{Reconnect: true}, []opening{{lasts: time.Second, ends: cut}, {failed: refused}}, nil)
	expect(t, w, "connecting", "connected", "reconnecting (cut off)", "retry: cut off", "ended (refused)")
	if end != refused {
		t.Errorf("it ended with %v", end)
	}
}

func TestPausesDoubleWithJitterUpToHalfAMinute(t *testing.T) {
	w, _ := run(t, Options{Retry: true}, []opening{{failed: cut}}, func(w *testLife) {
		time.Sleep(5 * time.Minute)
		w.Stop()
	})
	longest := 500 * time.Millisecond
	for i, pause := range w.times {
		if pause < longest/2 || pause > longest {
			t.Errorf("pause %d is %v, want %v to %v", i, pause, longest/2, longest)
		}
		longest = min(2*longest, 30*time.Second)
	}
	if len(w.times) < 10 {
		t.Errorf("%d pauses in 5 minutes", len(w.times))
	}
}

func TestThePauseIsAsLongAsTheServerAsks(t *testing.T) {
	busy := Ending{How: CutOff, Err: errors.New("busy"), RetryAfter: 90 * time.Second}
	w, _ := run(t, Options{Retry: true}, []opening{{failed: busy}, {failed: cut}, {lasts: time.Second, ends: closed}}, nil)
	if len(w.times) != 2 || w.times[0] != 90*time.Second || w.times[1] > time.Second {
		t.Errorf("the pauses are %v, want 90s and at most 1s", w.times)
	}
}

func TestConversationsThatAreSoonCutOffAreReplacedMoreSlowly(t *testing.T) {
	short := opening{lasts: time.Second, ends: cut}
	long := opening{lasts: 2 * time.Minute, ends: cut}
	w, _ := run(t, Options{Reconnect: true}, []opening{short, short, short, long, {lasts: time.Second, ends: closed}}, nil)
	for i, longest := range []time.Duration{500 * time.Millisecond, time.Second, 2 * time.Second, 500 * time.Millisecond} {
		if w.times[i] < longest/2 || w.times[i] > longest {
			t.Errorf("pause %d is %v, want %v to %v", i, w.times[i], longest/2, longest)
		}
	}
}

func TestWithWaitConversationsBeginWhenTheyAreAskedFor(t *testing.T) {
	w, _ := run(t, Options{Wait: true}, []opening{{lasts: time.Second, ends: closed}}, func(w *testLife) {
		for _, language := range []string{"en", "de"} {
			if err := w.Start(Start{Settings: agentsettings.Settings{Language: language}}); err != nil {
				t.Error(err)
			}
			time.Sleep(time.Minute)
		}
		w.Stop()
	})
	expect(t, w, "waiting", "connecting", "connected", "waiting (closed with 1000)", "connecting", "connected", "waiting (closed with 1000)", "ended")
	if w.started[0].Language != "en" || w.started[1].Language != "de" {
		t.Errorf("opened with %+v", w.started)
	}
}

func TestAStartIsRefusedWithTheReason(t *testing.T) {
	late := func(l *Life, want string) {
		t.Helper()
		if err := l.Start(Start{}); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("got %v, want %s", err, want)
		}
	}
	late(New(Options{}), errFirst.Error()) // Run has not been called
	waiting := New(Options{Wait: true})
	waiting.status = Waiting // no Run takes the first Start before the second one comes
	if err := waiting.Start(Start{}); err != nil {
		t.Error(err)
	}
	late(waiting, "asked for already")
	w, _ := run(t, Options{Wait: true, StartsPerHour: 2}, []opening{{lasts: time.Second, ends: closed}}, func(w *testLife) {
		w.Start(Start{})
		synctest.Wait()
		late(w.Life, "there is a conversation already")
		time.Sleep(time.Minute)
		w.Start(Start{})
		time.Sleep(time.Minute)
		late(w.Life, "2 conversations began within the last hour")
		time.Sleep(time.Hour)
		if err := w.Start(Start{}); err != nil {
			t.Errorf("an hour later: %v", err)
		}
		time.Sleep(time.Minute)
		w.Stop()
	})
	late(w.Life, "there is no conversation") // Run has returned
	if len(w.started) != 3 {
		t.Errorf("%d conversations", len(w.started))
	}
}

func TestAFailedStartIsReportedAndAnotherMayFollow(t *testing.T) {
	w, _ := run(t, Options{Wait: true}, []opening{{failed: refused}, {lasts: time.Second, ends: closed}}, func(w *testLife) {
		w.Start(Start{})
		time.Sleep(time.Second)
		w.Start(Start{})
		time.Sleep(time.Minute)
		w.Stop()
	})
	expect(t, w, "waiting", "connecting", "error: refused", "waiting (refused)", "connecting", "connected", "waiting (closed with 1000)", "ended")
}

func TestAStartWhileReconnectingChangesTheConversationThatIsOpened(t *testing.T) {
	opens := []opening{{lasts: time.Second, ends: cut}, {failed: cut}, {failed: cut}, {failed: cut}, {failed: cut}, {failed: cut}, {lasts: time.Second, ends: closed}}
	w, _ := run(t, Options{Wait: true, Reconnect: true}, opens, func(w *testLife) {
		w.Start(Start{})
		time.Sleep(12 * time.Second) // Run is now in one of the later pauses between attempts to connect
		began := time.Now()
		if err := w.Start(Start{Settings: agentsettings.Settings{UserID: "new"}}); err != nil {
			t.Error(err)
		}
		synctest.Wait()
		if since := time.Since(began); since > 0 {
			t.Errorf("the pause went on for %v", since)
		}
		time.Sleep(5 * time.Minute)
		w.Stop()
	})
	if last := w.started[len(w.started)-1]; last.UserID != "new" || len(w.started) > len(opens) {
		t.Errorf("%d conversations, the last with %+v", len(w.started), last)
	}
}

func TestGiveUpEndsTheAttemptToConnect(t *testing.T) {
	for _, wait := range []bool{false, true} {
		t.Run(fmt.Sprint("wait ", wait), func(t *testing.T) {
			w, end := run(t, Options{Wait: wait, Reconnect: true}, []opening{{lasts: time.Second, ends: cut}, {failed: cut}}, func(w *testLife) {
				w.Start(Start{})
				time.Sleep(1200 * time.Millisecond)
				w.GiveUp()
				time.Sleep(time.Minute)
				w.Stop()
			})
			want := []string{"connecting", "connected", "reconnecting (cut off)", "retry: cut off", "ended"}
			if wait {
				want = []string{"waiting", "connecting", "connected", "reconnecting (cut off)", "retry: cut off", "waiting (stopped)", "ended"}
			}
			expect(t, w, want...)
			if end.How != Stopped {
				t.Errorf("it ended with %v", end)
			}
		})
	}
}

func TestGiveUpBetweenTwoConversationsPreventsTheReconnect(t *testing.T) {
	first := opening{lasts: time.Second, ends: cut, held: func(w *testLife) {
		// GiveUp runs exactly when the conversation is cut off
		time.AfterFunc(time.Second, func() { w.GiveUp() })
	}}
	w, _ := run(t, Options{Wait: true, Reconnect: true}, []opening{first}, func(w *testLife) {
		w.Start(Start{})
		time.Sleep(time.Minute)
		w.Stop()
	})
	if len(w.started) != 1 || w.events[len(w.events)-2] != "waiting (stopped)" {
		t.Errorf("%d conversations; %q", len(w.started), w.events)
	}
}

func TestGiveUpReportsWhetherThereWasAnythingToGiveUp(t *testing.T) {
	for _, wait := range []bool{false, true} {
		t.Run(fmt.Sprint("wait ", wait), func(t *testing.T) {
			if got := New(Options{Wait: wait}).GiveUp(); got == wait {
				t.Errorf("before Run: %v", got)
			}
			run(t, Options{Wait: wait, Retry: true}, []opening{{failed: cut}}, func(w *testLife) {
				if wait && w.GiveUp() {
					t.Error("there was something to give up before Start")
				}
				if w.Start(Start{}); !w.GiveUp() {
					t.Error("a conversation that was asked for was not given up")
				}
				if w.Start(Start{}); wait {
					time.Sleep(100 * time.Millisecond)
					if !w.GiveUp() {
						t.Error("the attempt to connect was not given up")
					}
				}
				w.Stop()
				synctest.Wait()
				if w.GiveUp() {
					t.Error("there was something to give up after the end")
				}
			})
		})
	}
}

func TestAReconnectBeyondTheBudgetWaitsUntilTheHourIsOver(t *testing.T) {
	var third time.Duration
	last := opening{lasts: time.Second, ends: closed, held: func(w *testLife) { third = time.Since(w.began) }}
	short := opening{lasts: time.Second, ends: cut}
	w, _ := run(t, Options{Reconnect: true, StartsPerHour: 2}, []opening{short, short, last}, nil)
	if third != time.Hour {
		t.Errorf("the third conversation began after %v", third)
	}
	if said := w.events[len(w.events)-4]; said != "retry: 2 conversations began within the last hour--starts-per-hour allows more" {
		t.Errorf("it is said as %q, in %q", said, w.events)
	}
}

func TestAStopBeforeRunEndsRunAtOnce(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := &testLife{opens: []opening{{}}}
		w.Life = New(Options{Open: w.open, Bus: new(bus.Bus)})
		w.Stop()
		if end := w.Run(t.Context()); end != (Ending{}) || len(w.started) > 0 {
			t.Errorf("it ended with %v after %d conversations", end, len(w.started))
		}
	})
}

func TestAStartBeforeRunIsTheFirstConversation(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := &testLife{opens: []opening{{lasts: time.Second, ends: closed}}}
		w.Life = New(Options{Open: w.open, Bus: new(bus.Bus), Wait: true})
		if err := w.Start(Start{Preroll: true}); err != nil {
			t.Fatal(err)
		}
		time.AfterFunc(time.Minute, w.Stop)
		w.Run(t.Context())
		if len(w.started) != 1 || !w.started[0].Preroll {
			t.Errorf("the conversations are %v", w.started)
		}
	})
	w := New(Options{Wait: true})
	w.Stop()
	if err := w.Start(Start{}); err != ErrNoConversation {
		t.Errorf("after Stop: %v", err)
	}
	if err := New(Options{}).Start(Start{}); err != errFirst {
		t.Errorf("without Wait: %v", err)
	}
}

func TestAConversationThatOpensAfterStopIsDiscarded(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := &testLife{opens: []opening{{}}}
		w.Life = New(Options{Bus: new(bus.Bus), Open: func(ctx context.Context, s Start) (Conversation, Ending) {
			w.Stop()
			return w.open(ctx, s)
		}})
		if end := w.Run(t.Context()); end != (Ending{}) {
			t.Errorf("it ended with %v", end)
		}
		expect(t, w, "discarded")
	})
}

func TestThePrerollIsKeptWhileTheConversationOpensAndDroppedWhenItFails(t *testing.T) {
	var calls []string
	opts := Options{
		Wait: true, ExpectPreroll: func() { calls = append(calls, "expect") }, ForgetPreroll: func() { calls = append(calls, "forget") },
	}
	run(t, opts, []opening{{failed: refused}, {lasts: time.Second, ends: closed}}, func(w *testLife) {
		w.Start(Start{Preroll: true})
		time.Sleep(time.Second)
		w.Start(Start{Preroll: true})
		time.Sleep(time.Minute)
		w.Stop()
	})
	if want := []string{"expect", "forget", "expect"}; !slices.Equal(calls, want) {
		t.Errorf("got %q, want %q", calls, want)
	}
}

func TestFailedAttemptsAreCounted(t *testing.T) {
	refused := func(port string) opening {
		return opening{failed: Ending{How: CutOff, Err: errors.New("read from port " + port + ": refused")}}
	}
	opens := []opening{refused("1000"), refused("1001"), {failed: Ending{How: CutOff, Err: errors.New("no route")}}, refused("1002"), {lasts: time.Second, ends: Ending{How: Closed}}}
	w, _ := run(t, Options{Retry: true}, opens, nil)
	if want := []int{1, 2, 1, 3}; !slices.Equal(w.failures, want) {
		t.Errorf("counted %v, want %v", w.failures, want)
	}
}
