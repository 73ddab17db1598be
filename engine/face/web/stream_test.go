package web

import (
	"context"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"strings"
	"testing"
	"time"

	"go.uber.org/goleak"

	"moonlark/engine"
	"moonlark/engine/bus"
	"moonlark/engine/testkit"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

func TestAReaderGetsASnapshotAndThenTheEventsInOrder(t *testing.T) {
	s := NewStream(StreamOptions{Version: "v1"})
	s.AddField("extra", func() any { return 7 })
	h := serve(t, s)
	s.Note(text(1))
	c := h.open("")
	m := c.next()
	if m.kind != "snapshot" || !strings.Contains(m.data, `"version":"v1"`) || !strings.Contains(m.data, `"extra":7`) {
		t.Errorf("first message: %+v", m)
	}
	for i := 2; i <= 50; i++ {
		s.Note(text(i))
	}
	for i := 2; i <= 50; i++ {
		m := c.next()
		if want := fmt.Sprint(s.boot, ".", i); m.id != want || m.event().Text != fmt.Sprint("text ", i) {
			t.Fatalf("got %+v, want the id %s", m, want)
		}
	}
}

func TestAReaderThatComesAgainGetsWhatItHasMissed(t *testing.T) {
	s := NewStream(StreamOptions{})
	h := serve(t, s)
	for i := 1; i <= 10; i++ {
		s.Note(text(i))
	}
	for query, first := range map[string]int{"since=0": 1, "since=7": 8, "since=" + s.boot + ".9": 10, "since=0123abcd.9": 1} {
		c := h.open(query)
		c.snapshot()
		if m := c.next(); m.event().Text != fmt.Sprint("text ", first) {
			t.Errorf("%s: got %+v, want text %d", query, m, first)
		}
	}
	c := h.open("since=2", "Last-Event-ID", s.boot+".5") // a browser that connects again
	c.snapshot()
	if m := c.next(); m.event().Text != "text 6" {
		t.Errorf("got %+v", m)
	}
	c = h.open("since=999")
	c.snapshot()
	s.Note(text(11))
	if m := c.next(); m.event().Text != "text 11" {
		t.Errorf("got %+v", m)
	}
}

func TestAReaderIsToldHowManyEventsItHasMissed(t *testing.T) {
	s := NewStream(StreamOptions{})
	h := serve(t, s)
	for i := 1; i <= ringEvents+100; i++ {
		s.Note(text(i))
	}
	c := h.open("since=50")
	c.snapshot()
	if e := c.next().event(); e.Type != bus.Dropped || e.Count != 50 {
		t.Errorf("got %+v, want that 50 events were dropped", e)
	}
	if e := c.next().event(); e.Text != "text 101" {
		t.Errorf("got %+v", e)
	}
}

func TestTheSizeOfTheKeptEventsIsLimited(t *testing.T) {
	s := NewStream(StreamOptions{})
	for range 50 {
		s.Note(bus.Event{Type: bus.Print, Text: strings.Repeat("x", 100<<10)})
	}
	if s.ring.bytes > ringBytes || len(s.ring.entries) != 20 {
		t.Errorf("%d events with %d bytes are kept", len(s.ring.entries), s.ring.bytes)
	}
	s.Note(bus.Event{Type: bus.Print, Text: strings.Repeat("x", 5<<20)})
	if n := len(s.ring.entries); n != 1 {
		t.Errorf("%d events are kept", n)
	}
}

// A client that does not read must not delay the publisher or other readers.
func TestASlowReaderDelaysNobody(t *testing.T) {
	s := NewStream(StreamOptions{})
	h := serve(t, s)
	conn, err := net.Dial("tcp", strings.TrimPrefix(h.url, "http://"))
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	fmt.Fprint(conn, "GET /events HTTP/1.1\r\nHost: x\r\n\r\n") // and read nothing
	testkit.Until(t, "the slow reader is there", func() bool { return s.readers.Load() == 1 })
	c := h.open("types=user")
	c.snapshot()
	for i := range 200 {
		s.Note(bus.Event{Type: bus.Print, Text: strings.Repeat("x", 100<<10)})
		if i%20 == 19 {
			s.Note(bus.Event{Type: bus.User, Text: "hello"})
			for m := c.next(); m.kind != "" || m.event().Type != bus.User; m = c.next() {
			}
		}
	}
}

func TestAStreamOutlivesTheTimeoutsOfItsServer(t *testing.T) {
	const timeout = time.Second
	s := NewStream(StreamOptions{})
	h := serveWithin(t, s, timeout)
	c := h.open("")
	c.snapshot()
	time.Sleep(timeout * 3 / 2) // only time shows that the timeouts have no effect
	s.Note(text(1))
	if m := c.next(); m.event().Text != "text 1" {
		t.Errorf("got %+v", m)
	}
}

func TestAllStreamsEndWithTheServer(t *testing.T) {
	s := NewStream(StreamOptions{})
	h := serve(t, s)
	var all []*client
	for range 100 {
		c := h.open("")
		c.snapshot()
		all = append(all, c)
	}
	s.Note(text(1))
	for _, c := range all {
		if m := c.next(); m.event().Text != "text 1" {
			t.Errorf("got %+v", m)
		}
	}
	h.cancel()
	testkit.Until(t, "no reader is left", func() bool { return s.readers.Load() == 0 })
	for _, c := range all {
		for range c.messages {
		}
	}
}

func TestAWrongQueryIsRefused(t *testing.T) {
	h := serve(t, NewStream(StreamOptions{}))
	client := http.Client{Transport: &http.Transport{DisableKeepAlives: true}}
	for query, want := range map[string]string{
		"events?types=usr":   `there is no event \"usr\" (did you mean 'user'?)`,
		"events?since=soon":  `want the number of an event`,
		"events?since=a.b.c": `want the number of an event`,
	} {
		answer, err := client.Get(h.url + "/" + query)
		if err != nil {
			t.Fatal(err)
		}
		body, _ := io.ReadAll(answer.Body)
		answer.Body.Close()
		if answer.StatusCode != http.StatusBadRequest || !strings.Contains(string(body), want) {
			t.Errorf("%s: %s %s, want %s", query, answer.Status, body, want)
		}
	}
}

func TestTheNumberOfReadersIsLimited(t *testing.T) {
	s := NewStream(StreamOptions{})
	s.readers.Store(MaxReaders)
	h := serve(t, s)
	client := http.Client{Transport: &http.Transport{DisableKeepAlives: true}}
	answer, err := client.Get(h.url + "/events")
	if err != nil {
		t.Fatal(err)
	}
	answer.Body.Close()
	if answer.StatusCode != http.StatusServiceUnavailable || s.readers.Load() != MaxReaders {
		t.Errorf("got %s, and %d readers", answer.Status, s.readers.Load())
	}
}

func TestALevelIsSentOnlyToReadersThatWantItAndOnlyTheNewest(t *testing.T) {
	var b bus.Bus
	s := NewStream(StreamOptions{})
	defer s.Watch(&b).Close(time.Second)
	if b.Wants(bus.Loudness, "level") {
		t.Error("levels are wanted although nobody reads")
	}
	h := serve(t, s)
	with, without := h.open("levels=1"), h.open("")
	with.snapshot()
	without.snapshot()
	if !b.Wants(bus.Loudness, "level") {
		t.Error("no levels are wanted")
	}
	b.Publish(bus.Event{Type: bus.Loudness, Loudness: -20.5, SpeakerLoudness: -30, Voice: true})
	if m := with.next(); m.kind != "level" || m.id != "" || !strings.HasPrefix(m.data, `{"mic":-20.5,"speaker":-30,"voice":true,"at":"`) {
		t.Errorf("got %+v", m)
	}
	b.Publish(text(1))
	if m := without.next(); m.kind != "" || m.event().Text != "text 1" {
		t.Errorf("got %+v", m)
	}
}

// The snapshot of a real agent has its scripts, its tools and what the events say about them.
func TestTheSnapshotShowsTheAgent(t *testing.T) {
	t.Chdir(t.TempDir())
	const path = "a.lua"
	source := `register_tool("light", { description = "Turns the light on", parameters = {
  room = { type = "string", enum = { "hall", "kitchen" } } } }, function(a) return a.room end)`
	write := func(text string) {
		if err := os.WriteFile(path, []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	write(source)
	events := new(bus.Bus)
	s := NewStream(StreamOptions{})
	defer s.Watch(events).Close(time.Second)
	e, err := engine.New(engine.Options{Scripts: []string{path}, TextOnly: true, Bus: events, Watch: true})
	if err != nil {
		t.Fatal(err)
	}
	s.SetAgent(e.Remote())
	ctx, cancel := context.WithCancel(context.Background())
	done := make(chan struct{})
	go func() {
		defer close(done)
		e.Run(ctx)
	}()
	defer func() { cancel(); <-done }()
	h := serve(t, s)
	c := h.open("since=0")
	c.snapshot()
	for c.next().event().Phase != "listening" {
	}
	write(source + "\nlocal x = = 2")
	for c.next().event().Type != bus.ReloadFailed {
	}
	text, _, err := s.snapshot(ctx)
	if err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{
		`"status":"connected"`, `"phase":"listening"`, `"target":"local"`, `"alive":true,"generation":1`, `"at":"a.lua:3"`,
		`{"name":"light","at":"a.lua:1","description":"Turns the light on","parameters":{"type":"object"`, `"enum":["hall","kitchen"]`,
	} {
		if !strings.Contains(string(text), want) {
			t.Errorf("%s is missing in %s", want, text)
		}
	}
}
