package web

import (
	"bufio"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net"
	"net/http"
	"strings"
	"sync"
	"testing"
	"time"

	"moonlark/engine/bus"
	"moonlark/engine/testkit"
)

// A server serves a Stream.
type server struct {
	*http.Server
	t      *testing.T
	url    string
	cancel context.CancelFunc // ends the contexts of all requests
	done   chan struct{}
}

// serve serves the stream until the test ends, or until stop is called.
func serve(t *testing.T, s *Stream) *server {
	t.Helper()
	return serveWithin(t, s, 0)
}

// serveWithin is like serve. The server has timeouts for reading and writing, like that of package
// control; 0 means none.
func serveWithin(t *testing.T, s *Stream, timeout time.Duration) *server {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	mux := http.NewServeMux()
	mux.HandleFunc("/events", s.ServeEvents)
	mux.HandleFunc("/snapshot", s.ServeSnapshot)
	ctx, cancel := context.WithCancel(context.Background())
	h := &server{t: t, url: "http://" + l.Addr().String(), cancel: cancel, done: make(chan struct{})}
	h.Server = &http.Server{
		Handler: mux, ReadTimeout: timeout, WriteTimeout: timeout,
		BaseContext: func(net.Listener) context.Context { return ctx },
	}
	go func() {
		defer close(h.done)
		h.Serve(l)
	}()
	t.Cleanup(h.stop)
	return h
}

func (h *server) stop() {
	h.cancel()
	h.Close()
	<-h.done
}

// A message is one server-sent event.
type message struct{ kind, id, data string }

// event returns the event in the data of the message.
func (m message) event() (e bus.Event) {
	json.Unmarshal([]byte(m.data), &e)
	return e
}

// A client is one open request for /events.
type client struct {
	t        *testing.T
	body     io.ReadCloser
	messages chan message // closed at the end of the response
}

// open requests /events with a query. header lists names and values of headers alternately.
func (h *server) open(query string, header ...string) *client {
	h.t.Helper()
	r, err := http.NewRequest("GET", h.url+"/events?"+query, nil)
	if err != nil {
		h.t.Fatal(err)
	}
	for i := 0; i < len(header); i += 2 {
		r.Header.Set(header[i], header[i+1])
	}
	transport := &http.Transport{DisableKeepAlives: true}
	answer, err := transport.RoundTrip(r)
	if err != nil {
		h.t.Fatal(err)
	}
	if answer.StatusCode != http.StatusOK {
		text, _ := io.ReadAll(answer.Body)
		answer.Body.Close()
		h.t.Fatalf("%s: %s", answer.Status, text)
	}
	c := &client{t: h.t, body: answer.Body, messages: make(chan message, 10000)}
	var reading sync.WaitGroup
	reading.Go(func() {
		defer close(c.messages)
		lines := bufio.NewScanner(answer.Body)
		lines.Buffer(nil, 8<<20)
		var m message
		for lines.Scan() {
			name, value, _ := strings.Cut(lines.Text(), ": ")
			switch name {
			case "event":
				m.kind = value
			case "id":
				m.id = value
			case "data":
				m.data = value
			case "":
				c.messages <- m
				m = message{}
			}
		}
	})
	h.t.Cleanup(func() { answer.Body.Close(); reading.Wait() })
	return c
}

// next returns the next message that is not a beat.
func (c *client) next() message {
	c.t.Helper()
	timeout := time.After(testkit.Timeout)
	for {
		select {
		case m, ok := <-c.messages:
			if !ok {
				c.t.Fatal("the stream has ended")
			}
			if m.kind != "beat" {
				return m
			}
		case <-timeout:
			c.t.Fatal("no message")
		}
	}
}

// snapshot returns the next message, which must be a snapshot.
func (c *client) snapshot() (s snapshot) {
	c.t.Helper()
	m := c.next()
	if m.kind != "snapshot" {
		c.t.Fatalf("got %+v, want a snapshot", m)
	}
	json.Unmarshal([]byte(m.data), &s) // the schema of a parameter cannot be decoded, and is last
	return s
}

func text(i int) bus.Event {
	return bus.Event{Type: bus.Print, Time: time.Now(), Text: fmt.Sprint("text ", i)}
}
