package httpserve

import (
	"net/http"
	"strings"
	"sync"
	"time"

	lua "github.com/yuin/gopher-lua"

	"moonlark/luastd/value"
)

const (
	maxBrowsers  = 256              // maximal number of browsers that receive the events of a path
	maxEvents    = 64               // maximal number of events that wait for a browser
	maxEvent     = 1 << 20          // maximal length of an event, in bytes
	keepAlive    = 15 * time.Second // time between two comments, which find dead connections
	eventTimeout = 10 * time.Second // time in which an event must be sent
)

// A feed sends events to the browsers that have asked for its path. It belongs to the executor's
// goroutine.
type feed struct {
	site *site
	path string
}

// events is the Lua function server:events.
func (m *module) events(L *lua.LState) int {
	s, path := checkOpen(L, "events"), checkPath(L, 2)
	if strings.ContainsAny(path, "{}") {
		L.ArgError(2, "the path of events cannot have parameters")
	}
	f := &feed{s, path}
	s.addHandler(L, "events", "GET "+path, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		exchangeOf(r).front.hub(path).serve(w, r)
	}))
	s.feedPaths[path] = f
	L.Push(&lua.LUserData{Value: f, Env: L.Env, Metatable: m.feeds})
	return 1
}

func feedMetatable(L *lua.LState) *lua.LTable {
	return value.HandleMetatable[*feed](L, "feed of events", map[string]lua.LGFunction{"send": feedSend}, nil)
}

// String returns the text of tostring.
func (f *feed) String() string { return "feed of events " + f.path }

func checkFeed(L *lua.LState) *feed { return value.CheckHandle[*feed](L, "a feed", "feed:send(data)") }

// feedSend is the Lua function feed:send.
func feedSend(L *lua.LState) int {
	f := checkFeed(L)
	var data string
	if t, ok := L.Get(2).(*lua.LTable); ok {
		text, err := value.Append(nil, t, maxEvent)
		if err != nil {
			L.ArgError(2, err.Error())
		}
		data = string(text)
	} else {
		data = L.CheckString(2)
	}
	event := L.OptString(3, "")
	if strings.ContainsAny(event, "\r\n\x00") {
		L.ArgError(3, "the name of an event is one line")
	}
	if len(data)+len(event) > maxEvent {
		L.ArgError(2, "an event has at most 1 MiB")
	}
	n := 0
	if f.site.front != nil && !f.site.closed {
		n = f.site.front.hub(f.path).send(encodeEvent(data, event))
	}
	L.Push(lua.LNumber(n))
	return 1
}

// encodeEvent returns an event in the form of a text/event-stream.
func encodeEvent(data, event string) []byte {
	var b strings.Builder
	if event != "" {
		b.WriteString("event: " + event + "\n")
	}
	data = strings.ReplaceAll(strings.ReplaceAll(data, "\r\n", "\n"), "\r", "\n")
	for line := range strings.SplitSeq(data, "\n") {
		b.WriteString("data: " + line + "\n")
	}
	b.WriteString("\n")
	return []byte(b.String())
}

// A hub has the browsers that receive the events of one path. They stay connected when the script
// is loaded again. Any goroutine may use it.
type hub struct {
	mu       sync.Mutex // guards the fields below
	closed   bool
	browsers map[*browser]struct{}
}

// A browser receives events.
type browser struct {
	events chan []byte   // has room for maxEvents
	ended  chan struct{} // closed when the browser gets no more events
}

func newHub() *hub { return &hub{browsers: map[*browser]struct{}{}} }

// add adds a browser. It returns nil if there are too many, or if the hub is closed.
func (h *hub) add() *browser {
	h.mu.Lock()
	defer h.mu.Unlock()
	if h.closed || len(h.browsers) >= maxBrowsers {
		return nil
	}
	b := &browser{make(chan []byte, maxEvents), make(chan struct{})}
	h.browsers[b] = struct{}{}
	return b
}

// remove ends b. The caller holds h.mu.
func (h *hub) remove(b *browser) {
	if _, ok := h.browsers[b]; ok {
		delete(h.browsers, b)
		close(b.ended)
	}
}

// send sends an event to all browsers, and returns how many there are. The connection of a browser
// that is too slow is closed, so that it connects again.
func (h *hub) send(event []byte) int {
	h.mu.Lock()
	defer h.mu.Unlock()
	for b := range h.browsers {
		select {
		case b.events <- event:
		default:
			h.remove(b)
		}
	}
	return len(h.browsers)
}

// close ends all browsers, and refuses new ones.
func (h *hub) close() {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.closed = true
	for b := range h.browsers {
		h.remove(b)
	}
}

// serve sends events to a browser until the browser or the hub ends.
func (h *hub) serve(w http.ResponseWriter, r *http.Request) {
	b := h.add()
	if b == nil {
		busy("too many browsers receive these events").write(w, r)
		return
	}
	defer func() {
		h.mu.Lock()
		defer h.mu.Unlock()
		h.remove(b)
	}()
	header := w.Header()
	header.Set("Content-Type", "text/event-stream")
	header.Set("Cache-Control", "no-cache")
	header.Set("X-Accel-Buffering", "no") // nginx must not wait for more events
	control := http.NewResponseController(w)
	control.SetReadDeadline(time.Time{}) // the connection stays open for long
	tick := time.NewTicker(keepAlive)
	defer tick.Stop()
	for text := []byte(": connected\n\n"); ; {
		control.SetWriteDeadline(time.Now().Add(eventTimeout))
		if _, err := w.Write(text); err != nil || control.Flush() != nil {
			return
		}
		select {
		case text = <-b.events:
		case <-tick.C:
			text = []byte(":\n\n")
		case <-b.ended:
			return
		case <-r.Context().Done():
			return
		}
	}
}
