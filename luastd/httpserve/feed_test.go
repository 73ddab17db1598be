package httpserve_test

import (
	"bufio"
	"net/http"
	"strings"
	"testing"
	"time"

	"moonlark/luastd/luastdtest"
)

// A listener receives events, as a browser does.
type listener struct {
	r     *http.Response
	lines chan string
}

func listenTo(t *testing.T, url string) *listener {
	t.Helper()
	l := &listener{request(t, url, sending{}), make(chan string, 10000)}
	go func() {
		defer close(l.lines)
		for s := bufio.NewScanner(l.r.Body); s.Scan(); {
			if line := s.Text(); line != "" && !strings.HasPrefix(line, ":") {
				l.lines <- line
			}
		}
	}()
	t.Cleanup(func() { l.r.Body.Close() })
	return l
}

// next returns the next n lines that are no comments.
func (l *listener) next(t *testing.T, n int) string {
	t.Helper()
	var lines []string
	for range n {
		select {
		case line, ok := <-l.lines:
			if !ok {
				return strings.Join(append(lines, "closed"), "|")
			}
			lines = append(lines, line)
		case <-time.After(30 * time.Second):
			t.Fatal("no event")
		}
	}
	return strings.Join(lines, "|")
}

const feedScript = `s = http.serve{port = 0} feed = s:events("/events") other = s:events("/other")`

// waitForBrowsers sends events to the feed until n browsers get them.
func waitForBrowsers(t *testing.T, s *luastdtest.Script, n string) {
	t.Helper()
	for end := time.Now().Add(30 * time.Second); s.Run(`return feed:send("wait")`) != n; time.Sleep(10 * time.Millisecond) {
		if time.Now().After(end) {
			t.Fatal("there are not " + n + " browsers")
		}
	}
}

func TestAFeedSendsEventsToAllBrowsers(t *testing.T) {
	s, url := openServer(t, feedScript)
	if got := s.Run(`return feed:send("nobody")`); got != "0" {
		t.Errorf("got %s", got)
	}
	a, b, other := listenTo(t, url+"/events"), listenTo(t, url+"/events"), listenTo(t, url+"/other")
	if got := a.r.Header.Get("Content-Type"); got != "text/event-stream" {
		t.Errorf("the type is %s", got)
	}
	if got := s.Run(`return feed:send("one\ntwo\r\nthree"), feed:send({n = 1}, "lamp"), feed:send(""), other:send("x"), tostring(feed)`); got != "2, 2, 2, 1, feed of events /events" {
		t.Errorf("got %s", got)
	}
	const want = `data: one|data: two|data: three|event: lamp|data: {"n":1}|data: `
	for _, l := range []*listener{a, b} {
		if got := l.next(t, 6); got != want {
			t.Errorf("got %s, want %s", got, want)
		}
	}
	if got := other.next(t, 1); got != "data: x" {
		t.Errorf("got %s", got)
	}
	a.r.Body.Close()
	waitForBrowsers(t, s, "1")
	for source, want := range map[string]string{
		`feed:send("x", "a\nb")`:            "the name of an event is one line",
		`feed:send()`:                       "string expected",
		`feed:send({print})`:                "a function cannot be JSON",
		`feed:send(("x"):rep(2 * 1048576))`: "an event has at most 1 MiB",
		`feed.send("x")`:                    "a feed expected: use a colon",
	} {
		if got := s.Run(source); !strings.Contains(got, want) {
			t.Errorf("%s: got %s, want %s", source, got, want)
		}
	}
}

// Browsers stay connected when the script is loaded again, and get the events of the new
// generation.
func TestBrowsersOutliveAReload(t *testing.T) {
	s, url := openServer(t, feedScript)
	l, other := listenTo(t, url+"/events"), listenTo(t, url+"/other")
	s.Run(`feed:send("old")`)
	if got := l.next(t, 1); got != "data: old" {
		t.Errorf("got %s", got)
	}
	s.ReloadWith(`s = http.serve{port = 0} feed = s:events("/events")`)
	urlOf(t, s)
	s.Run(`feed:send("new")`)
	if got := l.next(t, 1); got != "data: new" {
		t.Errorf("got %s", got)
	}
	if got := other.next(t, 1); got != "closed" {
		t.Errorf("the browser of the feed that there is no longer got %s", got)
	}
	s.Run(`s:close()`)
	if got := l.next(t, 1); got != "closed" {
		t.Errorf("after close: got %s", got)
	}
}

// A browser that does not read its events is cut off, and holds up nobody.
func TestASlowBrowserIsCutOff(t *testing.T) {
	s, url := openServer(t, feedScript)
	r := request(t, url, sending{path: "/events"})
	defer r.Body.Close()
	waitForBrowsers(t, s, "1")
	if got := s.Run(`local text = ("x"):rep(500000) for n = 1, 200 do if feed:send(text) == 0 then return "cut off" end end`); got != "cut off" {
		t.Errorf("got %s", got)
	}
}

// An event stream is longer than the time in which other requests must be complete.
func TestAnEventStreamStaysOpen(t *testing.T) {
	if testing.Short() {
		t.Skip("takes seconds of real time")
	}
	s, url := openServer(t, `s = http.serve{port = 0, timeout = 0.2} feed = s:events("/events")`)
	l := listenTo(t, url+"/events")
	time.Sleep(1500 * time.Millisecond)
	s.Run(`feed:send("late")`)
	if got := l.next(t, 1); got != "data: late" {
		t.Errorf("got %s", got)
	}
}
