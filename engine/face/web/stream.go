package web

import (
	"cmp"
	"crypto/rand"
	"encoding/hex"
	"encoding/json"
	"log/slog"
	"slices"
	"sync"
	"sync/atomic"
	"time"

	"moonlark/engine/bus"
)

// StreamOptions are the options of a Stream.
type StreamOptions struct {
	Version string       // the version of the program, which a page compares with its own
	Log     *slog.Logger // where problems are logged; nil means nowhere
	Level   slog.Level   // the lowest level of the lines of the log that are sent

	// MaxEvents and MaxBytes limit the events that are kept for readers that come later. Zero means
	// 2,000 events and 2 MB.
	MaxEvents, MaxBytes int
}

// A Stream keeps the newest events of an agent and sends them to readers, which are pages and other
// programs. It never makes the agent wait: it appends each event to a list of limited size and wakes
// the readers. Each reader is one request, on the goroutine that net/http has made for it. Any
// goroutine may call the methods.
type Stream struct {
	opts    StreamOptions
	boot    string       // identifies this process, because each process numbers its events from 1
	readers atomic.Int32 // the number of open requests for /events

	mu         sync.Mutex // guards the fields below
	agent      Agent      // nil until SetAgent
	ring       ring
	order      uint64 // the number of events and activities so far
	activities activityLog
	grown      chan struct{} // closed when the list or the level changes; nil while no reader waits
	phase      bus.PhaseTracker
	state      counts
	level      []byte // the newest level as JSON, nil before the first
	levels     uint64 // the number of levels so far
	fields     map[string]func() any
}

// NewStream returns a Stream without events.
func NewStream(opts StreamOptions) *Stream {
	if opts.Log == nil {
		opts.Log = slog.New(slog.DiscardHandler)
	}
	var id [4]byte
	rand.Read(id[:]) // never fails
	return &Stream{
		opts: opts, boot: hex.EncodeToString(id[:]), state: newCounts(), fields: map[string]func() any{},
		ring: ring{maxEvents: cmp.Or(opts.MaxEvents, ringEvents), maxBytes: cmp.Or(opts.MaxBytes, ringBytes)},
	}
}

// SetAgent sets the agent whose state the snapshots show. Before SetAgent, a snapshot has only what the
// events say.
func (s *Stream) SetAgent(a Agent) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.agent = a
}

// AddField adds a field to each snapshot. value is called for each snapshot, on the goroutine of a
// request, and must not block. A nil value leaves the field out.
func (s *Stream) AddField(name string, value func() any) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.fields[name] = value
}

// Watch makes the Stream receive the events of a bus, until the caller closes the subscription that
// Watch returns. Subscribe before the scripts are loaded, so that no event is missed. The Stream
// receives the loudness of the sound only while it has readers.
func (s *Stream) Watch(b *bus.Bus) *bus.Subscription {
	return b.Subscribe(func(t bus.Type) bool {
		return t.IsForPages() || t == bus.Loudness && s.readers.Load() > 0
	}, s.Note)
}

// Note adds an event to the stream. Watch calls it for the events of the bus.
func (s *Stream) Note(e bus.Event) {
	if e.IsBelow(s.opts.Level) {
		return
	}
	line := s.encode(e)
	s.mu.Lock()
	defer s.mu.Unlock()
	s.state.note(e)
	change, changed := s.phase.Note(e)
	if e.Type == bus.Loudness {
		s.level, s.levels = line, s.levels+1
	} else if line != nil {
		s.add(e, line)
	}
	if changed {
		s.add(change, s.encode(change))
	}
	s.wake()
}

// add keeps an event for the readers. The caller holds s.mu.
func (s *Stream) add(e bus.Event, line []byte) {
	s.order++
	if e.Type == bus.Activity {
		s.activities.add(e.Tab, s.order, line)
		return
	}
	s.ring.add(string(e.Type), s.order, line)
}

// orderOf returns the order of the event with this number, or 0 if the Stream does not have it any more.
func (s *Stream) orderOf(seq uint64) uint64 {
	s.mu.Lock()
	defer s.mu.Unlock()
	if entries := s.ring.entries; len(entries) > 0 && seq >= entries[0].seq && seq <= s.ring.last {
		return entries[seq-entries[0].seq].order
	}
	return 0
}

// encode returns an event as JSON without a newline, or nil if that is not possible. A Loudness event
// becomes an object of its own: see docs/http.md.
func (s *Stream) encode(e bus.Event) []byte {
	var line []byte
	var err error
	if e.Type == bus.Loudness {
		line, err = json.Marshal(struct {
			Mic     float64   `json:"mic"`
			Speaker float64   `json:"speaker"`
			Voice   bool      `json:"voice"`
			At      time.Time `json:"at"`
		}{e.Loudness, e.SpeakerLoudness, e.Voice, e.Time})
	} else if line, err = e.Line(); err == nil {
		line = line[:len(line)-1]
	}
	if err != nil {
		s.opts.Log.Warn("events: " + err.Error())
		return nil
	}
	return line
}

// wake wakes all readers. The caller holds s.mu.
func (s *Stream) wake() {
	if s.grown != nil {
		close(s.grown)
		s.grown = nil
	}
}

// news is what a reader has not sent yet.
type news struct {
	events   []entry // and activities, in their order
	lost     int     // the number of events that the reader has missed
	last     uint64  // the number of the newest event
	activity uint64  // the order of the newest activity
	level    []byte  // the newest level; nil if the reader has sent it
	levels   uint64
	grown    <-chan struct{} // closed when there is more
}

// after returns the events of the ring whose number is greater than seq, the activities whose order is
// greater than activity, and the newest level if its number is greater than levels.
func (s *Stream) after(seq, activity, levels uint64) news {
	s.mu.Lock()
	defer s.mu.Unlock()
	events, lost := s.ring.after(seq)
	n := news{lost: lost, last: s.ring.last, activity: s.activities.last, levels: s.levels}
	n.events = append(n.events, events...) // the ring changes its own list
	if activities := s.activities.after(activity); len(activities) > 0 {
		n.events = append(n.events, activities...)
		slices.SortFunc(n.events, byOrder)
	}
	if s.levels > levels {
		n.level = s.level
	}
	if s.grown == nil {
		s.grown = make(chan struct{})
	}
	n.grown = s.grown
	return n
}
