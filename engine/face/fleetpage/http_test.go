package fleetpage

import (
	"bufio"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"moonlark/engine/face/control"
	"moonlark/engine/fleet/center"
	"moonlark/engine/fleet/message"
	"moonlark/engine/testkit"
)

func TestARequestThatIsWrongGetsAnError(t *testing.T) {
	f := newFixture(t)
	f.shop()
	f.serve(control.Options{})
	for _, c := range []struct {
		method, path, body string
		status             int
		text               string
	}{
		{"GET", "/fleet/rollout", "", 405, "needs the method POST"},
		{"POST", "/fleet/events", "", 405, "needs the method GET"},
		{"GET", "/fleet/events?device=../x", "", 400, "device: "},
		{"POST", "/fleet/rollout", "", 400, "the body is empty"},
		{"POST", "/fleet/rollout", `{"key":"grp.kiosk","action":"pause","x":1}`, 400, "unknown field"},
		{"POST", "/fleet/rollout", `{"key":"grp.*","action":"pause"}`, 400, "key: "},
		{"POST", "/fleet/rollout", `{"key":"keys.1","action":"pause"}`, 400, "is not the key of a wish"},
		{"POST", "/fleet/rollout", `{"key":"grp.kiosk","action":"delete"}`, 400, "want pause, resume or stop"},
		{"POST", "/fleet/rollout", `{"key":"all","action":"pause"}`, 409, "nothing is being rolled out to all"},
		{"POST", "/fleet/command", `{"device":"kiosk.>","verb":"start"}`, 400, "device: "},
		{"POST", "/fleet/command", `{"device":"kiosk-00","verb":"log"}`, 400, "want start, stop, say, event, reload"},
		{"POST", "/fleet/command", `{"device":"kiosk-00","verb":"start"}`, 409, "the device is not connected"},
		{"GET", "/healthz", "", 404, "there is no /healthz"}, // there is no agent
	} {
		status, _, text := testkit.Request(t, c.method, f.url+c.path, c.body)
		if status != c.status || !strings.Contains(text, c.text) {
			t.Errorf("%s %s %s: got %d %s, want %d with %q", c.method, c.path, c.body, status, text, c.status, c.text)
		}
	}
}

func TestOnlyWhoHasTheTokenGetsData(t *testing.T) {
	f := newFixture(t)
	f.shop()
	f.serve(control.Options{Token: "secret"})
	for _, c := range []struct {
		method, path string
		header       []string
		status       int
	}{
		{"GET", "/fleet", nil, 200},
		{"GET", "/fleet/app.js", nil, 200},
		{"GET", "/fleet/events", nil, 401},
		{"POST", "/fleet/command", nil, 401},
		{"POST", "/fleet/rollout", nil, 401},
		{"POST", "/fleet/rollout", []string{"Authorization", "Bearer secret"}, 400},
		{"POST", "/fleet/rollout", []string{"Authorization", "Bearer secret", "Origin", "http://evil.example"}, 403},
		{"POST", "/fleet/command", []string{"Authorization", "Bearer secret", "Sec-Fetch-Site", "cross-site"}, 403},
		{"GET", "/fleet/events", []string{"Authorization", "Bearer secret", "Host", "evil.example"}, 403},
	} {
		if status, _, text := testkit.Request(t, c.method, f.url+c.path, "", c.header...); status != c.status {
			t.Errorf("%s %s %q: got %d %.200s, want %d", c.method, c.path, c.header, status, text, c.status)
		}
	}
}

func TestADeviceThatDoesNotAnswerIsReported(t *testing.T) {
	f := newFixture(t)
	f.hub.Answer(func(string, string, []byte) (message.Answer, error) {
		return message.Answer{}, fmt.Errorf("kiosk-00: %w", context.DeadlineExceeded)
	})
	f.serve(control.Options{})
	status, _, text := testkit.Request(t, "POST", f.url+"/fleet/command", `{"device":"kiosk-00","verb":"stop"}`)
	if status != 409 || !strings.Contains(text, "has not answered within 10s") {
		t.Errorf("got %d %s", status, text)
	}
}

// A streamed is a message of the stream.
type streamed struct{ name, id, data string }

// watch opens the stream, and returns a function that returns the next message that is no beat.
func (f *fixture) watch(query string) (next func() streamed) {
	f.Helper()
	ctx, cancel := context.WithTimeout(f.Context(), time.Minute)
	r, err := http.NewRequestWithContext(ctx, "GET", f.url+"/fleet/events?"+query, nil)
	if err != nil {
		f.Fatal(err)
	}
	answer, err := (&http.Transport{DisableKeepAlives: true}).RoundTrip(r)
	if err != nil {
		f.Fatal(err)
	}
	f.Cleanup(func() { cancel(); answer.Body.Close() })
	lines := bufio.NewScanner(answer.Body)
	lines.Buffer(nil, 8<<20)
	return func() streamed {
		f.Helper()
		var m streamed
		for lines.Scan() {
			field, value, _ := strings.Cut(lines.Text(), ": ")
			switch field {
			case "event":
				m.name = value
			case "id":
				m.id = value
			case "data":
				m.data = value
			case "":
				if m.name != "beat" {
					return m
				}
				m = streamed{}
			}
		}
		f.Fatalf("the stream has ended: %v", lines.Err())
		return m
	}
}

// nextFleet returns the next message about the fleet.
func nextFleet(t testing.TB, next func() streamed) (id string, m struct {
	Reset   bool
	Summary summary
	Devices []row
}) {
	t.Helper()
	for {
		if s := next(); s.name == "fleet" {
			if err := json.Unmarshal([]byte(s.data), &m); err != nil {
				t.Fatalf("%s: %v", s.data, err)
			}
			return s.id, m
		}
	}
}

func TestAPageThatComesBackGetsOnlyWhatHasChanged(t *testing.T) {
	f := newFixture(t)
	f.shop()
	f.serve(control.Options{})
	next := f.watch("")
	id, all := nextFleet(t, next)
	if !all.Reset || len(all.Devices) != 6 || all.Summary.Fleet != "shop" || len(all.Summary.Rollouts) != 1 {
		t.Fatalf("the first message is %+v", all)
	}
	f.report("kiosk-02", func(s *message.State) { s.Status = "connected" })
	f.report("lab-1", func(s *message.State) { s.Groups, s.Running = []string{"lab"}, message.Running{Phase: "factory"} }) // as before
	again, changed := nextFleet(t, next)
	if changed.Reset || len(changed.Devices) != 1 || changed.Devices[0].Name != "kiosk-02" || changed.Devices[0].Status != "connected" {
		t.Errorf("after a change, the message is %+v", changed)
	}
	if _, back := nextFleet(t, f.watch("since="+id)); back.Reset || len(back.Devices) != 1 {
		t.Errorf("a page that knows %s gets %+v", id, back)
	}
	for _, unknown := range []string{"other-0.1", "x", again + "0x"} {
		if _, back := nextFleet(t, f.watch("since="+unknown)); !back.Reset || len(back.Devices) != 6 {
			t.Errorf("a page that knows %s gets %+v", unknown, back)
		}
	}
}

func TestAStreamHasTheStateAndTheEventsOfItsDevice(t *testing.T) {
	f := newFixture(t)
	f.shop()
	f.serve(control.Options{})
	next := f.watch("device=kiosk-00")
	var names []string
	for !slices.Contains(names, "log") || !slices.Contains(names, "device") {
		m := next()
		names = append(names, m.name)
		switch {
		case m.name == "device" && !strings.Contains(m.data, `"reported":{"door":{"open":true},"paper":0.4}`):
			t.Errorf("the device is %s", m.data)
		case m.name == "log" && (strings.Count(m.data, `"kind"`) != 6 || strings.Contains(m.data, "kiosk-01") || !strings.Contains(m.data, `"reset":true`)):
			t.Errorf("the log is %s", m.data)
		}
	}
	for m := f.watch("device=nobody"); ; {
		if m := m(); m.name == "device" {
			if m.data != "{}" {
				t.Errorf("an unknown device is %s", m.data)
			}
			return
		}
	}
}

func TestTheLogForAPageIsBounded(t *testing.T) {
	var l log
	event := func(n int, text string) message.Event {
		return message.Event{Header: message.Header{Device: "kiosk", Boot: "b", Seq: int64(n)}, Event: json.RawMessage(fmt.Sprintf(`{"text":%q}`, text))}
	}
	if l.take() != nil {
		t.Error("an empty log has a message")
	}
	for n := range 2 * maxEntries {
		l.add(message.LogKind, event(n, "x"))
	}
	l.add(message.LogKind, event(-1, strings.Repeat("x", maxEntryBytes)))
	l.add(message.LogKind, message.Event{Event: json.RawMessage("{")})
	var m struct {
		Missing int
		Entries []entry
	}
	if err := json.Unmarshal(l.take(), &m); err != nil || m.Missing != maxEntries+2 || len(m.Entries) != maxEntries || m.Entries[0].ID != fmt.Sprintf("kiosk-b-%d", maxEntries) {
		t.Errorf("got %d events, %d missing, %v", len(m.Entries), m.Missing, err)
	}
	for n := range 100 {
		l.add(message.LogKind, event(n, strings.Repeat("x", maxEntryBytes/2)))
	}
	if text := l.take(); len(text) > maxBytes+maxEntryBytes || len(text) < maxBytes/2 {
		t.Errorf("the message has %d bytes", len(text))
	}
}

// A stream and Run leave no goroutine behind. The page gets the state again after the hub has failed.
func TestAStreamEndsWithItsRequest(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		f := newFixture(t)
		f.report("kiosk-00", nil)
		s := New(Options{Hub: f.hub, Version: "v1"})
		ctx, cancel := context.WithCancel(t.Context())
		go s.Run(ctx)
		request, leave := context.WithCancel(t.Context())
		recorder := httptest.NewRecorder()
		done := make(chan struct{})
		go func() {
			defer close(done)
			s.serveEvents(recorder, httptest.NewRequestWithContext(request, "GET", "/fleet/events?device=kiosk-00", nil))
		}()
		time.Sleep(10 * time.Second)
		f.hub.Fail(errors.New("no disk"))
		f.report("kiosk-00", nil)
		time.Sleep(10 * time.Second)
		f.hub.Fail(nil)
		time.Sleep(10 * time.Second)
		leave()
		<-done
		cancel()
		synctest.Wait()
		text := recorder.Body.String()
		for what, want := range map[string]int{`"trouble":"no disk"`: 2, "event: beat": 6, "event: fleet": 3} {
			if got := strings.Count(text, what); got < want {
				t.Errorf("%s is %d times in the stream, want at least %d:\n%s", what, got, want, text)
			}
		}
		if s.readers.Load() != 0 {
			t.Error("the server counts a page that has gone")
		}
	})
}

// BenchmarkStatus measures what a status of 1,000 devices costs for all open pages, one of which has changed.
func BenchmarkStatus(b *testing.B) {
	f := newFixture(b)
	for i := range 1000 {
		f.report(fmt.Sprintf("kiosk-%04d", i), nil)
	}
	fleet, err := center.Look(b.Context(), f.hub)
	if err != nil {
		b.Fatal(err)
	}
	s := newState("v1")
	s.set(center.StatusOf(fleet, nil), true)
	n := 0
	for b.Loop() {
		n++
		fleet.Reports[0].Status = fmt.Sprint(n)
		s.set(center.StatusOf(fleet, nil), true)
		if s.since(s.boot+"-0.1") == nil {
			b.Fatal("nothing has changed")
		}
	}
}
