package fleetpage

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"sync"
	"time"

	"moonlark/engine/face/web"
	"moonlark/engine/fleet/bundle"
	"moonlark/engine/fleet/center"
	"moonlark/engine/fleet/message"
)

const (
	paceInterval = 500 * time.Millisecond // how often a page gets what has happened
	beatInterval = 5 * time.Second        // how often it gets a sign of life: see web/stream.js
	writeTimeout = 10 * time.Second
)

// How far the events go back.
const (
	backOfAll    = time.Hour
	backOfDevice = 24 * time.Hour
)

// The limits of what is kept for a page that has not got it yet. The page shows the newest events.
const (
	maxEntries    = 500
	maxEntryBytes = 64 << 10
	maxBytes      = 1 << 20
)

// An entry is an event of a device.
type entry struct {
	ID     string          `json:"id"`
	Kind   message.Kind    `json:"kind"`
	Device string          `json:"device"`
	Time   time.Time       `json:"time"`
	Event  json.RawMessage `json:"event"`
}

// A log collects events until a page gets them. Any goroutine can use it.
type log struct {
	mu      sync.Mutex
	lines   [][]byte // as JSON
	bytes   int
	missing int    // events that were dropped
	reset   bool   // the page must forget the earlier events
	trouble string // why there are no events
}

// add adds an event, and drops the oldest ones if there are too many.
func (l *log) add(kind message.Kind, e message.Event) {
	text, err := json.Marshal(entry{e.Device + "-" + e.ID(), kind, e.Device, e.Time, e.Event})
	l.mu.Lock()
	defer l.mu.Unlock()
	if err != nil || len(text) > maxEntryBytes {
		l.missing++
		return
	}
	l.lines, l.bytes = append(l.lines, text), l.bytes+len(text)
	for len(l.lines) > maxEntries || l.bytes > maxBytes {
		l.bytes -= len(l.lines[0])
		l.lines[0] = nil
		l.lines = l.lines[1:]
		l.missing++
	}
}

// begin forgets everything, because all events follow again. trouble says why there are none at the moment, or is
// empty.
func (l *log) begin(trouble string) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.lines, l.bytes, l.missing, l.reset, l.trouble = nil, 0, 0, true, trouble
}

// take returns the JSON object of what was added since the last take, or nil.
func (l *log) take() []byte {
	l.mu.Lock()
	defer l.mu.Unlock()
	if len(l.lines) == 0 && l.missing == 0 && !l.reset {
		return nil
	}
	trouble, _ := json.Marshal(l.trouble) // a string can always be encoded
	entries := bytes.Join(l.lines, []byte{','})
	text := fmt.Appendf(nil, `{"reset":%t,"missing":%d,"trouble":%s,"entries":[%s]}`, l.reset, l.missing, trouble, entries)
	l.lines, l.bytes, l.missing, l.reset = nil, 0, 0, false
	return text
}

// follow adds the events of a device, or of all if the name is empty, until ctx is done. It begins anew when the
// hub returns an error.
func (l *log) follow(ctx context.Context, hub center.Hub, device string) {
	kinds, back := []message.Kind{message.LogKind, message.EventKind}, backOfAll
	if device != "" {
		kinds, back = append(kinds, message.CallKind), backOfDevice
	}
	for {
		now, err := hub.Now(ctx)
		if err == nil {
			l.begin("")
			err = hub.Events(ctx, device, kinds, now.Add(-back), true, l.add)
		}
		if ctx.Err() != nil {
			return
		}
		text := "the hub sends no more events"
		if err != nil {
			text = err.Error()
		}
		l.begin(text)
		select {
		case <-time.After(retryInterval):
		case <-ctx.Done():
		}
	}
}

// A reader is one open page.
type reader struct {
	server *Server
	device string // which one is shown in detail; empty if none is
	shown  []byte // what the page has of that device
	id     string // what the page has of the fleet: see state
	log    log
	out    bytes.Buffer
}

// serveEvents serves GET /fleet/events until the client goes away. The query device names the device that is
// shown in detail, and since has what the page knows: the id of the last event fleet.
//
//	event: fleet   what has changed of the list and the rollouts, with an id
//	event: device  all that is known of the device; {} if nothing is
//	event: log     events of the device, or of all devices
//	event: beat    every 5 s
func (s *Server) serveEvents(w http.ResponseWriter, r *http.Request) {
	if !web.HasMethod(w, r, http.MethodGet) {
		return
	}
	c := &reader{server: s, device: r.URL.Query().Get("device"), id: r.URL.Query().Get("since")}
	if c.device != "" {
		if err := bundle.CheckName(c.device); err != nil {
			web.Fail(w, http.StatusBadRequest, "device: "+err.Error())
			return
		}
	}
	s.readers.Add(1)
	defer s.readers.Add(-1)
	h := w.Header()
	h.Set("Content-Type", "text/event-stream")
	h.Set("Cache-Control", "no-store")
	h.Set("X-Accel-Buffering", "no") // a proxy must not collect the messages
	ctx, cancel := context.WithCancel(r.Context())
	var following sync.WaitGroup
	following.Go(func() { c.log.follow(ctx, s.opts.Hub, c.device) })
	defer following.Wait()
	defer cancel()
	c.run(ctx, w)
}

// run sends what happens until the client goes away.
func (c *reader) run(ctx context.Context, w http.ResponseWriter) {
	control := http.NewResponseController(w)
	pace, beat := time.NewTicker(paceInterval), time.NewTicker(beatInterval)
	defer pace.Stop()
	defer beat.Stop()
	c.message("beat", []byte("{}"))
	for {
		c.collect()
		if c.out.Len() > 0 {
			control.SetWriteDeadline(time.Now().Add(writeTimeout))
			if _, err := c.out.WriteTo(w); err != nil || control.Flush() != nil {
				return
			}
		}
		select {
		case <-pace.C:
		case <-beat.C:
			c.message("beat", []byte("{}"))
		case <-ctx.Done():
			return
		}
	}
}

// collect appends the messages with what the page does not know yet.
func (c *reader) collect() {
	s := c.server
	s.mu.Lock()
	s.state.update() // there may have been no page until now
	fleet, id := s.state.since(c.id), s.state.id()
	var device []byte
	isKnown := s.state.last != nil
	if c.device != "" && isKnown {
		device = s.state.device(c.device)
	}
	s.mu.Unlock()
	if fleet != nil {
		c.id = id
		fmt.Fprintf(&c.out, "id: %s\n", id)
		c.message("fleet", fleet)
	}
	if c.device != "" && isKnown {
		if device == nil {
			device = []byte("{}")
		}
		if !bytes.Equal(device, c.shown) {
			c.shown = device
			c.message("device", device)
		}
	}
	if events := c.log.take(); events != nil {
		c.message("log", events)
	}
}

// message appends a message.
func (c *reader) message(name string, data []byte) {
	fmt.Fprintf(&c.out, "event: %s\ndata: %s\n\n", name, data)
}
