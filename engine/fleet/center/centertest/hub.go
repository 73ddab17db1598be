// Package centertest has a hub and devices for tests of the centre of a fleet. Both are fakes in memory:
// there is no connection, nobody has rights, and devices follow the wishes without running anything. So a
// test can have a thousand devices and let weeks pass, with the package synctest.
package centertest

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"maps"
	"slices"
	"sync"
	"time"

	"moonlark/engine/fleet/bundle"
	"moonlark/engine/fleet/center"
	"moonlark/engine/fleet/message"
)

// A Hub is a hub in memory. Its clock is fast by Fast. Any goroutine can use it.
type Hub struct {
	Fast time.Duration // set it before the first call

	mu       sync.Mutex
	wishes   map[string][]stored
	revision uint64
	states   map[string]center.Report
	files    map[string][]byte
	events   []record
	keys     *bundle.KeySet
	metrics  map[string]message.Metrics
	changed  chan struct{} // closed at the next state or event
	fail     error
	answer   func(device, verb string, body []byte) (message.Answer, error)
}

type stored struct {
	text     []byte
	revision uint64
}

type record struct {
	kind  message.Kind
	event message.Event
	at    time.Time
}

// NewHub returns the hub of the fleet shop.
func NewHub() *Hub {
	return &Hub{
		wishes: make(map[string][]stored), states: make(map[string]center.Report), files: make(map[string][]byte),
		metrics: make(map[string]message.Metrics), changed: make(chan struct{}),
	}
}

// Fail makes all methods return err from now on; nil ends that.
func (h *Hub) Fail(err error) {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.fail = err
}

// Answer makes f answer the commands.
func (h *Hub) Answer(f func(device, verb string, body []byte) (message.Answer, error)) {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.answer = f
}

// Fleet returns "shop".
func (h *Hub) Fleet() string { return "shop" }

// Now returns the time by the clock of the hub.
func (h *Hub) Now(context.Context) (time.Time, error) {
	h.mu.Lock()
	defer h.mu.Unlock()
	return h.now(), h.fail
}

func (h *Hub) now() time.Time { return time.Now().Add(h.Fast).UTC() }

// Wish returns the newest wish under a key.
func (h *Hub) Wish(_ context.Context, key string) (w message.Wish, revision uint64, err error) {
	h.mu.Lock()
	defer h.mu.Unlock()
	return h.wish(key)
}

func (h *Hub) wish(key string) (w message.Wish, revision uint64, err error) {
	all := h.wishes[key]
	if len(all) == 0 || h.fail != nil {
		return message.Wish{}, 0, h.fail
	}
	last := all[len(all)-1]
	w, err = message.ParseWish(last.text)
	return w, last.revision, err
}

// Wishes returns the newest wishes.
func (h *Hub) Wishes(context.Context) (map[string]message.Wish, error) {
	h.mu.Lock()
	defer h.mu.Unlock()
	all := make(map[string]message.Wish)
	for key := range h.wishes {
		w, _, err := h.wish(key)
		if err != nil {
			return nil, err
		}
		all[key] = w
	}
	return all, h.fail
}

// history is how many wishes of each key are kept, as on a real hub.
const history = 64

// History returns the wishes under a key that are kept.
func (h *Hub) History(_ context.Context, key string) (all []message.Wish, err error) {
	h.mu.Lock()
	defer h.mu.Unlock()
	for _, s := range slices.Backward(h.wishes[key]) {
		w, err := message.ParseWish(s.text)
		if err != nil {
			return nil, err
		}
		all = append(all, w)
	}
	return all, h.fail
}

// SetWish writes a wish.
func (h *Hub) SetWish(_ context.Context, key string, w message.Wish, revision uint64) error {
	text, err := w.Encode()
	if err != nil {
		return err
	}
	h.mu.Lock()
	defer h.mu.Unlock()
	_, last, err := h.wish(key)
	if err != nil {
		return err
	}
	if last != revision {
		return fmt.Errorf("wish %s: %w", key, center.ErrChanged)
	}
	h.revision++
	all := append(h.wishes[key], stored{text, h.revision})
	h.wishes[key] = all[max(0, len(all)-history):]
	return nil
}

// SetKeys sets what Keys returns.
func (h *Hub) SetKeys(keys *bundle.KeySet) {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.keys = keys
}

// Keys returns the keys from SetKeys.
func (h *Hub) Keys(context.Context) (*bundle.KeySet, error) {
	h.mu.Lock()
	defer h.mu.Unlock()
	return h.keys, h.fail
}

// PutFile stores a file if it has this hash.
func (h *Hub) PutFile(_ context.Context, sum string, content []byte) error {
	if got := sha256.Sum256(content); hex.EncodeToString(got[:]) != sum {
		return fmt.Errorf("the content does not have the hash %s", sum)
	}
	h.mu.Lock()
	defer h.mu.Unlock()
	h.files[sum] = slices.Clone(content)
	return h.fail
}

// Files returns how many files are stored.
func (h *Hub) Files() int {
	h.mu.Lock()
	defer h.mu.Unlock()
	return len(h.files)
}

// Report stores a state, which the hub receives now.
func (h *Hub) Report(s message.State) {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.states[s.Device] = center.Report{State: s, Received: h.now()}
	h.wake()
}

// Measure stores the metrics of a device.
func (h *Hub) Measure(m message.Metrics) {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.metrics[m.Device] = m
}

// Metrics calls f for the metrics of each device.
func (h *Hub) Metrics(_ context.Context, f func(message.Metrics)) error {
	h.mu.Lock()
	all, err := slices.Collect(maps.Values(h.metrics)), h.fail
	h.mu.Unlock()
	for _, m := range all {
		f(m)
	}
	return err
}

// Event stores an event, which the hub receives now.
func (h *Hub) Event(kind message.Kind, e message.Event) {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.events = append(h.events, record{kind, e, h.now()})
	h.wake()
}

// wake ends the waits of WatchStates and Events. The caller holds mu.
func (h *Hub) wake() {
	close(h.changed)
	h.changed = make(chan struct{})
}

// States returns the last state of each device.
func (h *Hub) States(context.Context) (all []center.Report, err error) {
	h.mu.Lock()
	defer h.mu.Unlock()
	for _, r := range h.states {
		all = append(all, r)
	}
	return all, h.fail
}

// WatchStates calls f for each state that arrives, or the last of several. It returns nil when ctx is done.
func (h *Hub) WatchStates(ctx context.Context, f func(center.Report)) error {
	last := make(map[string]center.Report)
	for first := true; ; first = false {
		h.mu.Lock()
		changed, err := h.changed, h.fail
		var arrived []center.Report
		for name, r := range h.states {
			if old, ok := last[name]; !ok || old.Boot != r.Boot || old.Seq != r.Seq {
				last[name] = r
				arrived = append(arrived, r)
			}
		}
		h.mu.Unlock()
		if err != nil {
			return err
		}
		for _, r := range arrived {
			if !first {
				f(r)
			}
		}
		select {
		case <-changed:
		case <-ctx.Done():
			return nil
		}
	}
}

// Events calls f for the stored events. It returns nil when ctx is done.
func (h *Hub) Events(ctx context.Context, device string, kinds []message.Kind, since time.Time, follow bool, f func(message.Kind, message.Event)) error {
	for n := 0; ; {
		h.mu.Lock()
		changed, err := h.changed, h.fail
		arrived := slices.Clone(h.events[n:])
		n += len(arrived)
		h.mu.Unlock()
		if err != nil {
			return err
		}
		for _, r := range arrived {
			if (device == "" || r.event.Device == device) && (len(kinds) == 0 || slices.Contains(kinds, r.kind)) && !r.at.Before(since) {
				f(r.kind, r.event)
			}
		}
		if !follow {
			return nil
		}
		select {
		case <-changed:
		case <-ctx.Done():
			return nil
		}
	}
}

// Command passes a command to the function of Answer. Without one, no device is connected.
func (h *Hub) Command(_ context.Context, device, verb string, body []byte) (message.Answer, error) {
	h.mu.Lock()
	answer, err := h.answer, h.fail
	h.mu.Unlock()
	if err != nil {
		return message.Answer{}, err
	}
	if answer == nil {
		return message.Answer{}, center.ErrNobody
	}
	return answer(device, verb, body)
}
