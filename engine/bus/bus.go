// Package bus passes the events of a running agent to everybody who wants them: the screen, --json,
// the scripts and the HTTP control. Each event is published once.
//
// [Catalogue] lists the kinds of events. Publish never blocks: each subscriber has a queue of
// limited size and a goroutine of its own, so that a slow terminal or pipe delays neither the
// socket nor a script nor another subscriber. Events that do not fit into the queue are dropped and
// counted.
package bus

import (
	"slices"
	"sync"
	"time"
)

// A Bus passes events from publishers to subscribers. All methods may be called from any goroutine.
// The zero value is ready to use.
type Bus struct {
	mu     sync.RWMutex // guards the fields below, but not the elements of the slices, which never change
	queued []*Subscription
	direct []Receiver
}

// A Receiver gets events without a queue: Publish calls Receive directly, on the goroutine of the
// publisher. Neither Wants nor Receive may block. Receive may publish events of other types.
type Receiver struct {
	Wants   func(t Type, scriptName string) bool // reports whether Publish must call Receive
	Receive func(Event)
}

// Publish sets e.Time and passes the event to all subscribers and receivers that want it.
func (b *Bus) Publish(e Event) {
	e.Time = time.Now()
	name := e.ScriptName()
	queued, direct := b.lists()
	for _, s := range queued {
		if s.wants(e.Type) {
			s.put(e)
		}
	}
	for _, r := range direct {
		if r.Wants(e.Type, name) {
			r.Receive(e)
		}
	}
}

// lists returns the subscriptions and the receivers of this moment. They are called without b.mu, so
// that they can use the bus.
func (b *Bus) lists() ([]*Subscription, []Receiver) {
	b.mu.RLock()
	defer b.mu.RUnlock()
	return b.queued, b.direct
}

// Wants reports whether a subscriber or a receiver wants events of type t. scriptName is the name
// under which scripts receive the event (see Event.ScriptName). A publisher calls Wants first when
// the event is expensive to make.
func (b *Bus) Wants(t Type, scriptName string) bool {
	queued, direct := b.lists()
	return slices.ContainsFunc(queued, func(s *Subscription) bool { return s.wants(t) }) ||
		slices.ContainsFunc(direct, func(r Receiver) bool { return r.Wants(t, scriptName) })
}

// Attach adds a receiver. A receiver cannot be removed.
func (b *Bus) Attach(r Receiver) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.direct = append(slices.Clip(b.direct), r)
}

// Subscribe starts a goroutine that calls receive for each event whose type wants accepts, in the
// order in which the events were published, until the subscription is closed. A nil wants accepts
// the types that the terminal shows (Type.IsShown).
func (b *Bus) Subscribe(wants func(Type) bool, receive func(Event)) *Subscription {
	if wants == nil {
		wants = Type.IsShown
	}
	s := newSubscription(b, wants, receive)
	b.mu.Lock()
	defer b.mu.Unlock()
	b.queued = append(slices.Clip(b.queued), s)
	return s
}

func (b *Bus) remove(s *Subscription) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.queued = slices.DeleteFunc(slices.Clone(b.queued), func(other *Subscription) bool { return other == s })
}

// Pending returns the number of events in the longest queue of all subscribers, 0 without
// subscribers.
func (b *Bus) Pending() int {
	queued, _ := b.lists()
	longest := 0
	for _, s := range queued {
		longest = max(longest, s.pending())
	}
	return longest
}
