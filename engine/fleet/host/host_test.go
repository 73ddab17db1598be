package host

import (
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"
)

func slots(n int) func(*Options) { return func(o *Options) { o.Slots = n } }

func TestConversationsStartOnHostsWithAFreeSlot(t *testing.T) {
	inFleet(t, func(t *testing.T, f *testFleet) {
		if _, err := Start(t.Context(), f.user, Request{ID: "c-0"}); err == nil || err.Error() != "no host is connected" {
			t.Errorf("without a host: %v", err)
		}
		a, b := f.add("a", slots(2)), f.add("b", slots(1))
		f.start("c-1", "c-2", "c-3")
		if len(a.engine.ids()) != 2 || len(b.engine.ids()) != 1 {
			t.Errorf("a has %q, b has %q", a.engine.ids(), b.engine.ids())
		}
		if _, err := Start(t.Context(), f.user, Request{ID: "c-4"}); err == nil || err.Error() != "no host has a free slot" {
			t.Errorf("with full hosts: %v", err)
		}
		f.wait(2 * testTTL)
		list, err := ReadList(t.Context(), f.user)
		if err != nil || len(list.Hosts) != 2 || len(list.Conversations) != 3 {
			t.Fatalf("%+v, %v", list, err)
		}
		if h := list.Hosts[0]; h.Host != "a" || h.Slots != 2 || h.Conversations != 2 {
			t.Errorf("the status of a: %+v", h)
		}
		f.user.set(cut)
		if err := nobody(t.Context(), f.user); !errors.Is(err, errOffline) {
			t.Errorf("without a connection: %v", err)
		}
		f.user.set(good)
		b.engine.get(b.engine.ids()[0]).end <- nil
		time.Sleep(time.Second)
		if host, err := Start(t.Context(), f.user, Request{ID: "c-4"}); host != "b" || err != nil {
			t.Errorf("b has a free slot again: %q, %v", host, err)
		}
	})
}

func TestABusyHostLetsTheCallerAskAnother(t *testing.T) {
	inFleet(t, func(t *testing.T, f *testFleet) {
		a, b := f.add("a", slots(1)), f.add("b", slots(1))
		a.change(func() { a.reserved["c-9"] = true; a.conversations.Add(1) }) // as during a start
		f.hub.mu.Lock()
		f.hub.starts = append(f.hub.starts, &server{a.link, a.answerStart}) // a has not left the group yet
		f.hub.mu.Unlock()
		for range 5 {
			if host, err := Start(t.Context(), f.user, Request{ID: "c-1"}); host != "b" || err != nil {
				t.Errorf("%q, %v", host, err)
			}
			time.Sleep(10 * time.Millisecond)
			b.engine.get("c-1").end <- nil
			time.Sleep(10 * time.Millisecond)
		}
		a.unreserve("c-9")
	})
}

func TestWrongRequestsAreRefused(t *testing.T) {
	inFleet(t, func(t *testing.T, f *testFleet) {
		a := f.add("a", nil)
		f.start("c-1")
		for request, want := range map[string]string{
			`{`:                             "the request: unexpected end of JSON input",
			`{"id":"*"}`:                    `id: `,
			`{"id":"c-1"}`:                  "the host has the conversation already",
			`{"id":"c","settings":{"x":1}}`: "settings: unknown setting 'x'",
			`{"id":"c","message":"` + strings.Repeat("x", MaxText+1) + `"}`: "message: 16385 bytes are more than the 16384 allowed",
			strings.Repeat(" ", MaxRequest+1):                               "the request has 65537 bytes; 65536 are allowed",
		} {
			if got, err := ask(a.answerStart([]byte(request)), nil); err == nil || !strings.HasPrefix(err.Error(), want) || got.Busy {
				t.Errorf("%.40s: %+v, %v", request, got, err)
			}
		}
		b := f.add("b", nil)
		if _, err := ask(b.answerStart([]byte(`{"id":"c-1"}`)), nil); err == nil || err.Error() != "there is a conversation with this ID already" {
			t.Errorf("another host has it: %v", err)
		}
	})
}

// A conversation is not started when the caller has been told that it is not, or waits no longer.
func TestAStartThatFailsLeavesNothing(t *testing.T) {
	for request, state := range map[string]int{`{"id":"c-1"}`: deafStore, `{"id":"c-1","left_ms":100}`: deafStore, `{"id":"c-1","left_ms":1}`: good} {
		inFleet(t, func(t *testing.T, f *testFleet) {
			a := f.add("a", nil)
			a.link.set(state)
			got, err := ask(a.answerStart([]byte(request)), nil)
			if err == nil || got.Busy {
				t.Errorf("%s: %+v, %v", request, got, err)
			}
			f.wait(10 * testTTL)
			if len(f.runs("c-1")) > 0 || f.keys() != "host.a" {
				t.Errorf("%s: begun %d times; the hub has %s", request, len(f.runs("c-1")), f.keys())
			}
		})
	}
	if _, err := parseRequest([]byte(`{"id":"c-1","left_ms":-1}`)); err == nil || err.Error() != "left_ms: it is negative" {
		t.Errorf("a negative time: %v", err)
	}
}

func TestAConversationThatHasEndedLeavesNothing(t *testing.T) {
	for name, end := range map[string]func(*run){
		"without an error": func(r *run) { r.end <- nil },
		"with an error":    func(r *run) { r.end <- errors.New("broken") },
		"with a crash":     func(r *run) { r.crash <- "boom" },
	} {
		t.Run(name, func(t *testing.T) {
			inFleet(t, func(t *testing.T, f *testFleet) {
				a, b := f.add("a", nil), f.add("b", slots(1))
				b.engine.opening = 0
				f.start("c-1", "c-2", "c-3", "c-4")
				a.engine.get(a.engine.ids()[0]).Said(User, "hello")
				f.wait(testTTL)
				before := len(a.engine.ids())
				gone := a.engine.ids()[0]
				end(a.engine.get(gone))
				f.wait(6 * testTTL)
				if n := len(a.engine.ids()); n != before-1 {
					t.Errorf("a has %d conversations, want %d", n, before-1)
				}
				turns, err := a.link.Turns(t.Context(), gone)
				if err != nil || len(turns) > 0 || len(f.runs(gone)) != 1 || strings.Contains(f.keys(), gone) {
					t.Errorf("%d runs; the hub has %s, %q", len(f.runs(gone)), f.keys(), turns)
				}
			})
		})
	}
}

func TestFewConversationsStartAtTheSameTime(t *testing.T) {
	inFleet(t, func(t *testing.T, f *testFleet) {
		a := f.add("a", func(o *Options) { o.Starts, o.Slots = 2, 100 })
		a.engine.opening = time.Minute // longer than a lease
		var ids []string
		for i := range 12 {
			ids = append(ids, fmt.Sprintf("c-%d", i))
		}
		f.start(ids...)
		f.wait(6*time.Minute + time.Second)
		if n := len(a.engine.ids()); a.engine.max != 2 || n != 12 || len(a.engine.all) != 12 {
			t.Errorf("%d run, up to %d have started at the same time", n, a.engine.max)
		}
	})
}

func TestUsersSendTextsToTheHostOfTheConversation(t *testing.T) {
	inFleet(t, func(t *testing.T, f *testFleet) {
		a, b := f.add("a", nil), f.add("b", nil)
		f.start("c-1")
		if _, err := Say(t.Context(), f.user, "c-2", "hello"); err == nil || err.Error() != "no host has this conversation" {
			t.Errorf("without the conversation: %v", err)
		}
		first := a
		if a.engine.get("c-1") == nil {
			first, b = b, a
		}
		for i := range maxTexts {
			if host, err := Say(t.Context(), f.user, "c-1", fmt.Sprint(i)); err != nil || host != first.opts.ID {
				t.Fatalf("%q, %v", host, err)
			}
		}
		if _, err := Say(t.Context(), f.user, "c-1", "x"); !strings.HasPrefix(fmt.Sprint(err), errTooManyTexts.Error()) {
			t.Errorf("a text too many: %v", err)
		}
		if text := <-first.engine.get("c-1").Texts(); text != "0" {
			t.Errorf("the first text is %q", text)
		}
		if _, err := Say(t.Context(), f.user, "c-1", strings.Repeat("x", MaxText+1)); err == nil {
			t.Error("a long text is sent")
		}
		first.link.set(cut)
		f.wait(testTTL + time.Second)
		first.link.set(good)
		if host, err := Say(t.Context(), f.user, "c-1", "hello"); host != b.opts.ID || err != nil {
			t.Errorf("after the takeover: %q, %v", host, err)
		}
	})
}

func TestTheDrainWaitsForConversations(t *testing.T) {
	inFleet(t, func(t *testing.T, f *testFleet) {
		a := f.add("a", func(o *Options) { o.Drain = 10 * time.Minute })
		f.start("c-1", "c-2", "c-3")
		b := f.add("b", nil)
		a.stop()
		f.wait(5 * time.Minute)
		list, _ := ReadList(t.Context(), f.user)
		if len(a.engine.ids()) != 3 || len(list.Hosts) != 2 || !list.Hosts[0].Draining {
			t.Errorf("during the drain: %q, %+v", a.engine.ids(), list.Hosts)
		}
		f.start("c-4", "c-5")
		if len(b.engine.ids()) != 2 {
			t.Errorf("b has %q", b.engine.ids())
		}
		a.engine.get("c-1").end <- nil
		f.wait(5*time.Minute - time.Second)
		handed := time.Now()
		for len(b.engine.ids()) < 4 && time.Since(handed) < time.Minute {
			f.wait(10 * time.Millisecond)
		}
		<-a.ended
		if took := time.Since(handed); took > 1500*time.Millisecond || strings.Join(b.engine.ids(), " ") != "c-2 c-3 c-4 c-5" {
			t.Errorf("after %v, b has %q", took, b.engine.ids())
		}
		if r := b.engine.get("c-2"); r.record.Failures != 0 || r.Fence <= f.runs("c-2")[0].Fence {
			t.Errorf("%+v", r.record)
		}
		if strings.Contains(f.keys(), "host.a") {
			t.Errorf("the hub has %s", f.keys())
		}
	})
}

func TestTheDrainEndsWithTheLastConversation(t *testing.T) {
	inFleet(t, func(t *testing.T, f *testFleet) {
		a := f.add("a", func(o *Options) { o.Drain = 10 * time.Minute })
		f.start("c-1")
		began := time.Now()
		a.stop()
		f.wait(time.Minute)
		if _, err := Start(t.Context(), f.user, Request{ID: "c-2"}); err == nil || err.Error() != "all hosts are about to end" {
			t.Errorf("a start during the drain: %v", err)
		}
		a.engine.get("c-1").end <- nil
		<-a.ended
		if took := time.Since(began); took > 61*time.Second || f.keys() != "" {
			t.Errorf("it has taken %v; the hub has %q", took, f.keys())
		}
	})
}

// A conversation that ends just before the end of the drain is not handed over.
func TestAConversationThatEndsAtTheEndOfTheDrainHasEnded(t *testing.T) {
	inFleet(t, func(t *testing.T, f *testFleet) {
		a := f.add("a", func(o *Options) { o.Drain = time.Minute })
		f.start("c-1")
		r := a.engine.get("c-1")
		b := f.add("b", nil)
		a.link.set(slow)
		a.stop()
		time.Sleep(time.Minute - time.Second)
		r.Said(User, "goodbye") // takes more than a second to store
		time.Sleep(500 * time.Millisecond)
		r.end <- nil
		<-a.ended
		f.wait(2 * testTTL)
		if len(b.engine.all) > 0 || f.keys() != "host.b" {
			t.Errorf("b has begun %d conversations; the hub has %s", len(b.engine.all), f.keys())
		}
	})
}

func TestTurnsAreCheckedAndBounded(t *testing.T) {
	for _, text := range []string{"ä", "<", "\"", "\x01", "\xff"} {
		long, err := Turn{Who: Agent, Text: strings.Repeat(text, MaxText), Fence: 1 << 60}.encode()
		if turns := parseTurns([][]byte{long}, 0); err != nil || len(long) > maxTurn || len(long) < MaxText/2 || len(turns) != 1 || !strings.HasSuffix(turns[0].Text, "…") && text != "<" {
			t.Errorf("%q: %d bytes, %v", text, len(long), err)
		}
	}
	turns := parseTurns([][]byte{
		[]byte(`{"who":"user","text":"of an earlier conversation","fence":3}`),
		[]byte(`{"who":"user","text":"a","fence":5}`), []byte(`{`), []byte(`{"who":"nobody","text":"b","fence":5}`),
		[]byte(`{"who":"agent","text":"c","fence":9}`), []byte(`{"who":"agent","text":"of a host without the lease","fence":5}`),
		[]byte(`{"who":"user","text":"d","fence":9}`),
	}, 5)
	var texts []string
	for _, turn := range turns {
		texts = append(texts, turn.Text)
	}
	if got := strings.Join(texts, ""); got != "acd" {
		t.Errorf("got %q", got)
	}
}
