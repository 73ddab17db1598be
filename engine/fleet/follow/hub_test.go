package follow

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"strings"
	"sync"

	"moonlark/engine/fleet/fleettest"
	"moonlark/engine/fleet/message"
)

// A hub is a Carrier in memory: the hub of the fleet shop, and the connection of one device with it. It
// is not a server, and has no network. It can fail as a hub can, or as one can that an attacker has
// taken over.
type hub struct {
	name    string
	groups  []string
	notices chan Notice

	mu       sync.Mutex // guards the fields below
	link     Link
	sequence uint64
	values   map[string]value
	stale    int               // the next reads return what the keys had before their last change
	before   map[string]value  // what the keys had then
	files    map[string][]byte // by SHA-256
	// damage may change a chunk on its way to the device; nil for none
	damage  func(sha256 string, n int, content []byte) ([]byte, error)
	fault   error // the error of Read; nil if it works
	refusal error // the error of Report; nil if it works
	serve   func(ctx context.Context, verb string, body []byte) message.Answer

	reads   int      // how often the device has read a value
	asked   []string // the chunks that the device has asked for, as "SHA256.N"
	going   int      // requests for chunks that are going on
	most    int      // the most that were going on at once
	records []record
	ids     map[string]bool
}

type value struct {
	text     []byte
	sequence uint64
	deleted  bool
}

func newHub() *hub {
	return &hub{
		name: "kiosk-1", groups: []string{"kiosks", "hall"}, notices: make(chan Notice, 1), link: Link{Connected: true},
		values: make(map[string]value), before: make(map[string]value), files: make(map[string][]byte), ids: make(map[string]bool),
	}
}

func (h *hub) Name() string           { return h.name }
func (h *hub) Groups() []string       { return h.groups }
func (h *hub) Fleet() string          { return "shop" }
func (h *hub) Notices() <-chan Notice { return h.notices }

func (h *hub) Link() Link {
	h.mu.Lock()
	defer h.mu.Unlock()
	return h.link
}

func (h *hub) Serve(answer func(context.Context, string, []byte) message.Answer) {
	h.set(func() { h.serve = answer })
}

// command sends the device a live command.
func (h *hub) command(verb string, body []byte) message.Answer {
	h.mu.Lock()
	serve := h.serve
	h.mu.Unlock()
	return serve(context.Background(), verb, body)
}

func (h *hub) Read(_ context.Context, key string) ([]byte, uint64, error) {
	h.mu.Lock()
	defer h.mu.Unlock()
	if !h.link.Connected {
		return nil, 0, ErrOffline
	}
	h.reads++
	if h.fault != nil {
		return nil, 0, h.fault
	}
	v, ok := h.values[key]
	if h.stale > 0 {
		h.stale--
		v, ok = h.before[key]
	}
	if !ok || v.deleted {
		return nil, v.sequence, ErrNone
	}
	return v.text, v.sequence, nil
}

func (h *hub) Chunk(ctx context.Context, sha256 string, n int) ([]byte, error) {
	h.mu.Lock()
	if !h.link.Connected {
		h.mu.Unlock()
		return nil, ErrOffline
	}
	h.asked = append(h.asked, fmt.Sprintf("%s.%d", sha256, n))
	h.going++
	h.most = max(h.most, h.going)
	content, damage := h.files[sha256], h.damage
	h.mu.Unlock()
	defer func() {
		h.mu.Lock()
		defer h.mu.Unlock()
		h.going--
	}()
	from := n * message.ChunkSize
	if content == nil || from >= len(content) {
		return nil, ErrNone
	}
	chunk := content[from:min(from+message.ChunkSize, len(content))]
	if damage == nil {
		return chunk, nil
	}
	return damage(sha256, n, bytes.Clone(chunk))
}

func (h *hub) Report(_ context.Context, kind message.Kind, id string, text []byte) error {
	h.mu.Lock()
	defer h.mu.Unlock()
	if !h.link.Connected {
		return ErrOffline
	}
	if h.refusal != nil {
		return h.refusal
	}
	if !h.ids[id] {
		h.ids[id] = true
		h.records = append(h.records, record{kind, id, bytes.Clone(text)})
	}
	return nil
}

// set changes the hub.
func (h *hub) set(change func()) {
	h.mu.Lock()
	defer h.mu.Unlock()
	change()
}

// put stores a value, or deletes it if text is nil, and tells the device that it has changed.
func (h *hub) put(key string, text []byte) {
	h.set(func() {
		h.sequence++
		if old, ok := h.values[key]; ok {
			h.before[key] = old
		}
		h.values[key] = value{text: text, sequence: h.sequence, deleted: text == nil}
	})
	h.notify(Notice{Sequence: h.sequence})
}

// notify gives the device a notice, united with one that it has not taken.
func (h *hub) notify(n Notice) {
	select {
	case before := <-h.notices:
		n = n.Unite(before)
	default:
	}
	h.notices <- n
}

// connect makes the connection come or go.
func (h *hub) connect(connected bool) {
	h.set(func() {
		h.link = Link{Connected: connected}
		if !connected {
			h.link.Reason = "no route to host"
		}
	})
	if connected {
		h.notify(Notice{Connected: true})
	}
}

// upload stores the files of a bundle, and returns its manifest for a wish.
func (h *hub) upload(b fleettest.Bundle) *message.Signed {
	text, signatures := b.Manifest()
	h.set(func() {
		for _, content := range b.Files {
			h.files[sumOf(content)] = []byte(content)
		}
	})
	return &message.Signed{Text: text, Signatures: signatures}
}

// wish stores a wish.
func (h *hub) wish(key string, w message.Wish) {
	text, err := w.Encode()
	if err != nil {
		panic(err)
	}
	h.put(key, text)
}

// chunks returns how many chunks the device has asked for since the last call.
func (h *hub) chunks() (n int) {
	h.set(func() { n, h.asked = len(h.asked), nil })
	return n
}

// states returns the states that the device has reported since the last call.
func (h *hub) states() (states []message.State) {
	for _, text := range h.take(message.StateKind) {
		var s message.State
		if err := json.Unmarshal(text, &s); err != nil {
			panic(err)
		}
		states = append(states, s)
	}
	return states
}

// events returns the events of a kind that the device has reported since the last call, as "type: text".
func (h *hub) events(kind message.Kind) (events []string) {
	for _, text := range h.take(kind) {
		var e struct {
			Event struct{ Type, Text, Tool string }
		}
		if err := json.Unmarshal(text, &e); err != nil {
			panic(err)
		}
		events = append(events, strings.TrimSuffix(e.Event.Type+": "+e.Event.Text+e.Event.Tool, ": "))
	}
	return events
}

// take returns the records of a kind, and forgets them.
func (h *hub) take(kind message.Kind) (texts [][]byte) {
	h.mu.Lock()
	defer h.mu.Unlock()
	var others []record
	for _, r := range h.records {
		if r.kind == kind {
			texts = append(texts, r.text)
		} else {
			others = append(others, r)
		}
	}
	h.records = others
	return texts
}
