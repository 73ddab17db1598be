package web

import (
	"bytes"
	"fmt"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"time"

	"moonlark/engine/bus"
	"moonlark/engine/guess"
)

const (
	// MaxReaders is the maximum number of open requests for /events.
	MaxReaders = 128
	// beatInterval is the time between two messages "beat". A page that gets no message for three
	// intervals knows that the connection is dead.
	beatInterval = 5 * time.Second
	// writeTimeout is how long a reader may take to accept what is sent. A slower reader is dropped.
	writeTimeout = 10 * time.Second
	// maxBatch is how many bytes of messages are collected for a reader before they are sent.
	maxBatch = 64 << 10
)

// A reader is one request for /events.
type reader struct {
	stream   *Stream
	w        http.ResponseWriter
	r        *http.Request
	types    []string // the types of the events that the reader wants; empty means all
	levels   bool     // the reader wants to know how loud the microphone is
	seq      uint64   // the number of the newest event that the reader has got
	activity uint64   // the order of the newest activity that the reader has got
	level    uint64   // the number of the newest level that the reader has got
	out      bytes.Buffer
}

// ServeEvents serves GET /events: a stream of server-sent events that ends when the client goes away
// or the context of the request is done. docs/http.md describes the messages.
func (s *Stream) ServeEvents(w http.ResponseWriter, r *http.Request) {
	if !HasMethod(w, r, http.MethodGet) {
		return
	}
	types, err := typesOf(r.URL.Query().Get("types"))
	if err != nil {
		Fail(w, http.StatusBadRequest, err.Error())
		return
	}
	since, activity, err := s.since(r)
	if err != nil {
		Fail(w, http.StatusBadRequest, err.Error())
		return
	}
	if s.readers.Add(1) > MaxReaders {
		s.readers.Add(-1)
		w.Header().Set("Retry-After", "5")
		Fail(w, http.StatusServiceUnavailable, fmt.Sprintf("%d programs read the events already", MaxReaders))
		return
	}
	defer s.readers.Add(-1)
	c := &reader{stream: s, w: w, r: r, types: types, levels: r.URL.Query().Get("levels") == "1", seq: since, activity: activity}
	c.run()
}

// typesOf returns the types in a list such as "user,agent", all of which must exist.
func typesOf(list string) ([]string, error) {
	if list == "" {
		return nil, nil
	}
	var known []string
	for _, k := range bus.Catalogue {
		if k.Type.IsForPages() {
			known = append(known, string(k.Type))
		}
	}
	types := strings.Split(list, ",")
	for _, t := range types {
		if !slices.Contains(known, t) {
			return nil, fmt.Errorf("types: there is no event %.40q%s", t, guess.DidYouMean(t, known))
		}
	}
	return types, nil
}

// fromNow says that a reader wants only events that happen after its request.
const fromNow = ^uint64(0)

// since returns the number of the last event that the client knows, and the order of the last activity,
// from the query or the header Last-Event-ID: a number, or what the field id of a message had. 0 means
// that the client wants all events that there are, and so does the id of an event of another process.
func (s *Stream) since(r *http.Request) (seq, activity uint64, err error) {
	text := r.Header.Get("Last-Event-ID") // a browser that connects again has the newer number here
	if text == "" {
		text = r.URL.Query().Get("since")
	}
	if text == "" {
		return fromNow, fromNow, nil
	}
	boot, number, ok := strings.Cut(text, ".")
	if !ok {
		boot, number = s.boot, text
	}
	number, order, hasOrder := strings.Cut(number, ".")
	seq, err = strconv.ParseUint(number, 10, 63)
	if err == nil && hasOrder {
		activity, err = strconv.ParseUint(order, 10, 63)
	}
	switch {
	case err != nil:
		return 0, 0, fmt.Errorf("since: want the number of an event, got %.40q", text)
	case boot != s.boot:
		return 0, 0, nil
	case !hasOrder:
		activity = s.orderOf(seq)
	}
	return seq, activity, nil
}

// run sends messages until the client goes away.
func (c *reader) run() {
	control := http.NewResponseController(c.w)
	// The server reads from the connection to notice that the client has gone. A read deadline that has
	// passed would look the same.
	control.SetReadDeadline(time.Time{})
	h := c.w.Header()
	h.Set("Content-Type", "text/event-stream")
	h.Set("Cache-Control", "no-store")
	h.Set("X-Accel-Buffering", "no") // a proxy must not collect the messages
	seq, ok := c.snapshot()
	if !ok {
		return
	}
	if c.seq == fromNow || c.seq > seq {
		c.seq = seq
	}
	newest := c.stream.after(fromNow, fromNow, 0)
	c.level = newest.levels
	c.activity = min(c.activity, newest.activity)
	first := true
	beat := time.NewTicker(beatInterval)
	defer beat.Stop()
	for {
		n := c.stream.after(c.seq, c.activity, c.level)
		if n.lost > 0 && !(first && c.seq == 0) {
			c.dropped(n)
			if !first { // the first message was a snapshot
				if _, ok := c.snapshot(); !ok {
					return
				}
			}
		}
		first = false
		if !c.send(control, n) {
			return
		}
		select {
		case <-n.grown:
		case <-beat.C:
			fmt.Fprintf(&c.out, "event: beat\ndata: {\"round_trip\":%g}\n\n", c.stream.roundTrip())
		case <-c.r.Context().Done():
			return
		}
	}
}

// snapshot appends a message with the state of the agent. It returns the number of the newest event
// that the state takes into account.
func (c *reader) snapshot() (seq uint64, ok bool) {
	text, seq, err := c.stream.snapshot(c.r.Context())
	if err != nil {
		c.stream.opts.Log.Warn("events: " + err.Error())
		return 0, false
	}
	fmt.Fprintf(&c.out, "event: snapshot\ndata: %s\n\n", text)
	return seq, true
}

// dropped appends an event Dropped with the number of events that the reader has missed.
func (c *reader) dropped(n news) {
	e := bus.Event{Type: bus.Dropped, Time: time.Now(), Count: n.lost}
	c.seq += uint64(n.lost)
	c.event(c.stream.encode(e))
}

// event appends an event with an id that says what the reader has got.
func (c *reader) event(line []byte) {
	fmt.Fprintf(&c.out, "id: %s.%d", c.stream.boot, c.seq)
	if c.activity > 0 {
		fmt.Fprintf(&c.out, ".%d", c.activity)
	}
	fmt.Fprintf(&c.out, "\ndata: %s\n\n", line)
}

// send appends the news and sends everything that was appended. It reports false if the client cannot
// be reached.
func (c *reader) send(control *http.ResponseController, n news) bool {
	for _, e := range n.events {
		if e.seq > 0 {
			c.seq = e.seq
		} else {
			c.activity = e.order
		}
		if len(c.types) == 0 || slices.Contains(c.types, e.kind) {
			c.event(e.line)
		}
		if c.out.Len() > maxBatch && !c.flush(control) {
			return false
		}
	}
	c.seq, c.activity = max(c.seq, n.last), max(c.activity, n.activity)
	if c.levels && n.level != nil {
		fmt.Fprintf(&c.out, "event: level\ndata: %s\n\n", n.level)
	}
	c.level = n.levels
	return c.out.Len() == 0 || c.flush(control)
}

// flush sends what was appended.
func (c *reader) flush(control *http.ResponseController) bool {
	control.SetWriteDeadline(time.Now().Add(writeTimeout))
	_, err := c.out.WriteTo(c.w)
	return err == nil && control.Flush() == nil
}
