package host

import (
	"fmt"
	"log/slog"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"
)

// ids returns the names of n conversations.
func ids(n int) (all []string) {
	for i := range n {
		all = append(all, fmt.Sprintf("c-%02d", i))
	}
	return all
}

func TestOtherHostsTakeOverTheConversationsOfADeadOne(t *testing.T) {
	inFleet(t, func(t *testing.T, f *testFleet) {
		a := f.add("a", slots(30))
		f.start(ids(30)...)
		f.add("b", slots(40))
		f.add("c", slots(40))
		for _, id := range ids(30) {
			a.engine.get(id).Said(User, "hello "+id)
			a.engine.get(id).Said(Agent, "hi")
		}
		f.wait(time.Minute)
		ends := make(map[string]time.Time) // when the leases of a end at the hub
		a.link.set(silent)                 // for the others, a that is dead and a without a network are the same
		f.hub.mu.Lock()
		for _, id := range ids(30) {
			ends[id] = a.held[id].lease.renewed.Load().Add(testTTL)
		}
		f.hub.mu.Unlock()
		f.wait(testTTL + 500*time.Millisecond)
		for _, id := range ids(30) {
			runs := f.runs(id)
			if len(runs) != 2 {
				t.Fatalf("%s was begun %d times", id, len(runs))
			}
			if late := runs[1].began.Sub(ends[id]); late < 0 || late > 300*time.Millisecond {
				t.Errorf("%s was taken over %v after the end of its lease", id, late)
			}
			if runs[1].Fence <= runs[0].Fence || runs[1].Message != "" {
				t.Errorf("%s: the fence was %d and is %d", id, runs[0].Fence, runs[1].Fence)
			}
			if turns := runs[1].Turns; len(turns) != 2 || turns[0].Text != "hello "+id || turns[1].Who != Agent {
				t.Errorf("%s: %+v", id, turns)
			}
		}
		f.wait(5 * time.Minute)
		if b, c := len(f.hosts[1].engine.ids()), len(f.hosts[2].engine.ids()); b+c != 30 || b < 5 || c < 5 {
			t.Errorf("b has %d conversations, c has %d", b, c)
		}
	})
}

func TestAHostThatCannotRenewItsLeasesStopsBeforeTheyEnd(t *testing.T) {
	for _, state := range []int{cut, silent, deaf} {
		t.Run(fmt.Sprint(state), func(t *testing.T) {
			inFleet(t, func(t *testing.T, f *testFleet) {
				a := f.add("a", slots(20))
				f.start(ids(20)...)
				f.wait(7 * time.Second)
				a.link.set(state)
				began := time.Now()
				f.wait(3 * testTTL)
				for _, id := range ids(20) {
					r := f.runs(id)[0]
					if lasted := r.ended.Sub(*r.lease.renewed.Load()); lasted < testTTL*4/5 || lasted > testTTL*5/6+time.Millisecond {
						t.Errorf("%s has ended %v after the last renewal, %v after the network was lost", id, lasted, r.ended.Sub(began))
					}
				}
				b := f.add("b", slots(20)) // nobody was there to take over
				a.link.set(good)
				f.wait(2 * testTTL)
				if n := len(a.engine.ids()) + len(b.engine.ids()); n != 20 {
					t.Errorf("%d conversations go on", n)
				}
			})
		})
	}
}

func TestOneMissedRenewalDoesNotEndAConversation(t *testing.T) {
	for _, state := range []int{cut, silent, deaf} {
		t.Run(fmt.Sprint(state), func(t *testing.T) {
			inFleet(t, func(t *testing.T, f *testFleet) {
				a := f.add("a", slots(20))
				f.add("b", slots(20))
				f.hosts[1].change(func() { f.hosts[1].draining = true }) // so that a gets all of them
				f.start(ids(20)...)
				f.hosts[1].change(func() { f.hosts[1].draining = false })
				for range 10 {
					f.wait(2 * testTTL)
					a.link.set(state)
					f.wait(testTTL / 3)
					a.link.set(good)
				}
				for _, id := range ids(20) {
					if runs := f.runs(id); len(runs) != 1 || !runs[0].ended.IsZero() {
						t.Errorf("%s was begun %d times", id, len(runs))
					}
				}
			})
		})
	}
}

// A machine that sleeps can stop even the monotonic clock, so that its host does not know how much time
// has passed.
func TestAHostWhoseClockStoodStillLosesTheConversationAtTheNextRenewal(t *testing.T) {
	inFleet(t, func(t *testing.T, f *testFleet) {
		clock := new(sleepingClock)
		a := f.add("a", func(o *Options) { o.Now = clock.Now })
		f.start("c-1")
		b := f.add("b", nil)
		f.wait(time.Minute)
		old := a.engine.get("c-1")
		a.link.set(silent)
		clock.fallAsleep()
		time.Sleep(time.Hour)
		clock.wakeUp()
		a.link.set(good)
		taken := b.engine.get("c-1")
		if taken == nil || taken.Fence <= old.Fence {
			t.Fatalf("b has not taken over the conversation: %+v", taken)
		}
		time.Sleep(testTTL / 3) // both hold it now, as far as they know: the fence tells them apart
		if a.engine.get("c-1") != nil || old.Held() || !taken.Held() {
			t.Error("a has not noticed that it has lost the conversation")
		}
		f.wait(time.Minute)
	})
}

// A host that does not know yet that it has lost a conversation leaves alone what the other host needs.
func TestTheEndOfALostConversationErasesNothing(t *testing.T) {
	inFleet(t, func(t *testing.T, f *testFleet) {
		clock := new(sleepingClock)
		a := f.add("a", func(o *Options) { o.Now = clock.Now })
		f.start("c-1")
		b := f.add("b", nil)
		f.wait(time.Second)
		old := a.engine.get("c-1")
		a.link.set(silent)
		clock.fallAsleep()
		time.Sleep(time.Hour)
		b.engine.get("c-1").Said(User, "hello")
		time.Sleep(time.Second)
		old.end <- nil
		clock.wakeUp()
		a.link.set(good)
		time.Sleep(testTTL)
		turns, err := b.link.Turns(t.Context(), "c-1")
		if err != nil || len(turns) != 1 || !strings.HasSuffix(f.keys(), " c-1") || b.engine.get("c-1") == nil {
			t.Errorf("the hub has %q and %q, %v", f.keys(), turns, err)
		}
	})
}

func TestARenewalWithoutAnAnswerDoesNotLoseTheLease(t *testing.T) {
	inFleet(t, func(t *testing.T, f *testFleet) {
		a := f.add("a", nil)
		f.start("c-1")
		for range 20 {
			a.link.set(deafOnce)
			f.wait(testTTL)
		}
		if len(f.runs("c-1")) != 1 || a.engine.get("c-1") == nil {
			t.Error("the conversation has ended")
		}
	})
}

func TestConversationsThatTheWatchHasMissedAreFound(t *testing.T) {
	inFleet(t, func(t *testing.T, f *testFleet) {
		a := f.add("a", nil)
		f.start("c-1", "c-2")
		b := f.add("b", slots(1))
		f.wait(time.Second)
		b.link.set(noNotices)
		a.link.set(cut)
		f.wait(testTTL + 5*testTTL)
		if n := len(b.engine.ids()); n != 1 {
			t.Fatalf("b has %d conversations", n)
		}
		b.engine.get(b.engine.ids()[0]).end <- nil
		f.wait(time.Second) // there was one for which it had no slot
		if n := len(b.engine.ids()); n != 1 {
			t.Errorf("b has %d conversations after one has ended", n)
		}
	})
}

func TestAConversationThatHostsLoseAgainAndAgainIsGivenUp(t *testing.T) {
	inFleet(t, func(t *testing.T, f *testFleet) {
		for i := range maxFailures + 3 {
			h := f.add(fmt.Sprintf("h-%d", i), nil)
			if i == 0 {
				f.start("c-1")
			}
			f.wait(2 * testTTL)
			h.link.set(silent)
		}
		f.wait(2 * testTTL)
		if n := len(f.runs("c-1")); n != 1+maxFailures || f.keys() != "" {
			t.Errorf("%d hosts had it; the hub has %q", n, f.keys())
		}
	})
}

func TestFailuresAreForgottenAfterAWhile(t *testing.T) {
	for _, state := range []int{good, deafStore} {
		inFleet(t, func(t *testing.T, f *testFleet) {
			f.add("first", nil)
			f.start("c-1")
			var last *testHost
			for i := range maxFailures + 3 {
				last = f.hosts[i]
				f.add(fmt.Sprintf("h-%d", i), nil)
				f.wait(time.Second)
				last.link.set(silent)
				f.wait(2 * testTTL)
				last = f.hosts[i+1]
				if i%2 == 1 {
					last.link.set(state)
					time.Sleep(calmTime + time.Minute)
				}
			}
			if n := len(f.runs("c-1")); n != maxFailures+4 || last.engine.get("c-1") == nil {
				t.Fatalf("%d hosts had it", n)
			}
			last.engine.get("c-1").end <- nil
			f.wait(2 * testTTL)
			if keys := f.keys(); strings.Contains(keys, "c-1") {
				t.Errorf("the hub has %s", keys)
			}
		})
	}
}

func TestTheFirstMessageIsSaidOnce(t *testing.T) {
	inFleet(t, func(t *testing.T, f *testFleet) {
		a := f.add("a", nil)
		for _, id := range []string{"c-1", "c-2"} {
			if _, err := Start(t.Context(), f.user, Request{ID: id, Message: "hello"}); err != nil {
				t.Fatal(err)
			}
		}
		f.wait(time.Second)
		a.engine.get("c-1").Said(User, "hello") // c-2 has not come so far
		b := f.add("b", nil)
		f.wait(time.Second)
		a.link.set(silent)
		f.wait(testTTL + time.Second)
		if one, two := b.engine.get("c-1").Message, b.engine.get("c-2").Message; one != "" || two != "hello" {
			t.Errorf("the messages are %q and %q", one, two)
		}
	})
}

func TestOnlyTheNewestTurnsAreKept(t *testing.T) {
	inFleet(t, func(t *testing.T, f *testFleet) {
		a := f.add("a", nil)
		f.start("c-1")
		for i := range 50 {
			a.engine.get("c-1").Said(User, fmt.Sprint(i))
		}
		f.add("b", nil)
		f.wait(time.Second)
		a.link.set(silent)
		f.wait(testTTL + time.Second)
		var texts []string
		for _, turn := range f.hosts[1].engine.get("c-1").Turns {
			texts = append(texts, turn.Text)
		}
		if len(texts) != MaxTurns || !slices.Contains(texts, "49") {
			t.Errorf("got %s", strings.Join(texts, " "))
		}
	})
}

func TestTwoHostsOfOneNameAreNoticed(t *testing.T) {
	inFleet(t, func(t *testing.T, f *testFleet) {
		var log lockedText
		f.add("a", nil)
		b := f.add("a", func(o *Options) { o.Log = slog.New(slog.NewTextHandler(&log, nil)) })
		f.wait(testTTL)
		if text := log.String(); text != "" { // a host that was killed and started again finds its old status
			t.Errorf("logged too early: %s", text)
		}
		f.wait(3 * testTTL)
		f.hosts[0].stop()
		f.wait(testTTL)
		b.stop()
		<-b.ended
		if text := log.String(); strings.Count(text, errTwice.Error()) != 1 {
			t.Errorf("logged %s", text)
		}
	})
}

// A lockedText is a text that several goroutines write.
type lockedText struct {
	mu   sync.Mutex
	text strings.Builder
}

func (l *lockedText) Write(p []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.text.Write(p)
}

func (l *lockedText) String() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.text.String()
}

func TestADamagedRecordIsLeftAlone(t *testing.T) {
	inFleet(t, func(t *testing.T, f *testFleet) {
		for id, text := range map[string]string{"c-1": "{", "c-2": `{"id":"c-3"}`, "C": `{"id":"C"}`} {
			f.hub.stores["records"][id] = entry{[]byte(text), 1}
		}
		a := f.add("a", nil)
		f.wait(6 * testTTL)
		if len(a.engine.all) > 0 || f.keys() != "host.a C c-1 c-2" {
			t.Errorf("%d conversations were begun; the hub has %s", len(a.engine.all), f.keys())
		}
	})
}

// A sleepingClock stands still while the machine sleeps.
type sleepingClock struct {
	mu     sync.Mutex
	asleep time.Time     // when the machine has fallen asleep; zero while it is awake
	slept  time.Duration // before that
}

func (c *sleepingClock) Now() time.Time {
	c.mu.Lock()
	defer c.mu.Unlock()
	if !c.asleep.IsZero() {
		return c.asleep.Add(-c.slept)
	}
	return time.Now().Add(-c.slept)
}

func (c *sleepingClock) fallAsleep() {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.asleep = time.Now()
}

func (c *sleepingClock) wakeUp() {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.slept += time.Since(c.asleep)
	c.asleep = time.Time{}
}
