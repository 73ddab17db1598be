package engine

import (
	"context"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/gorilla/websocket"
	"go.uber.org/goleak"

	"moonlark/engine/convai"
	"moonlark/engine/event"
)

func TestMain(m *testing.M) {
	if url := os.Getenv(elsewhere); url != "" {
		os.Exit(runElsewhere(url))
	}
	goleak.VerifyTestMain(m)
}

// A fakeAgent is the server's end of one conversation, on a real WebSocket,
// driven by the test.
type fakeAgent struct {
	t       testing.TB
	conn    *websocket.Conn
	request *http.Request // the handshake
	first   string        // the frame that began the conversation
}

// fake runs agent for each client that connects, after the metadata has been
// sent, and returns the URL. A panic or Fatal in it ends the conversation.
func fake(t testing.TB, agent func(*fakeAgent)) string {
	t.Helper()
	return fakeWith(t, convai.ConversationInitiationMetadata{ConversationID: "conv_fake"}, agent)
}

// fakeWith is fake with metadata that says more.
func fakeWith(t testing.TB, metadata convai.ConversationInitiationMetadata, agent func(*fakeAgent)) string {
	t.Helper()
	var wg sync.WaitGroup
	upgrader := websocket.Upgrader{CheckOrigin: func(*http.Request) bool { return true }}
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		conn, err := upgrader.Upgrade(w, r, nil)
		if err != nil {
			return
		}
		wg.Add(1)
		defer wg.Done()
		defer conn.Close()
		a := &fakeAgent{t: t, conn: conn}
		a.expect("conversation_initiation_client_data")
		a.send(&metadata)
		agent(a)
	}))
	t.Cleanup(func() { server.Close(); wg.Wait() })
	return "ws" + strings.TrimPrefix(server.URL, "http")
}

func (a *fakeAgent) send(m convai.Message) {
	frame, err := convai.Marshal(m)
	if err != nil {
		a.t.Error(err)
	}
	a.raw(string(frame))
}

func (a *fakeAgent) raw(frame string) {
	a.conn.SetWriteDeadline(time.Now().Add(10 * time.Second))
	a.conn.WriteMessage(websocket.TextMessage, []byte(frame))
}

// next is the next message of the client, nil at the end.
func (a *fakeAgent) next() convai.Message {
	a.conn.SetReadDeadline(time.Now().Add(10 * time.Second))
	_, frame, err := a.conn.ReadMessage()
	if err != nil {
		return nil
	}
	f, err := convai.ParseClient(frame)
	if err != nil {
		a.t.Errorf("the client sent %s: %v", frame, err)
		return nil
	}
	return f.Message
}

// expect reads up to a message of this type.
func (a *fakeAgent) expect(kind string) convai.Message {
	for {
		m := a.next()
		if m == nil {
			a.t.Errorf("the client left before it sent %s", kind)
			return nil
		}
		if m.MessageType() == kind {
			return m
		}
	}
}

// call asks for a tool and returns the result.
func (a *fakeAgent) call(id, name, args string) *convai.ClientToolResult {
	a.ask(id, name, args)
	m, _ := a.expect("client_tool_result").(*convai.ClientToolResult)
	if m == nil {
		return &convai.ClientToolResult{}
	}
	return m
}

func (a *fakeAgent) ask(id, name, args string) {
	a.send(&convai.ClientToolCall{ToolName: name, ToolCallID: id, Parameters: []byte(args), EventID: 1})
}

// close ends the conversation with a code and waits for the client to agree.
func (a *fakeAgent) close(code int, reason string) {
	a.conn.WriteControl(websocket.CloseMessage, websocket.FormatCloseMessage(code, reason), time.Now().Add(time.Second))
	for a.next() != nil {
	}
}

// A house is an engine with what it showed.
type house struct {
	*Engine
	t   testing.TB
	dir string

	mu     sync.Mutex
	events []event.Event
}

// build makes an engine whose scripts are given as name, source, name, source.
func build(t testing.TB, opts Options, files ...string) *house {
	t.Helper()
	h := &house{t: t, dir: t.TempDir()}
	for i := 0; i < len(files); i += 2 {
		h.write(files[i], files[i+1])
		if len(opts.Scripts) == 0 || i > 0 && strings.HasPrefix(files[i], "script") {
			opts.Scripts = append(opts.Scripts, h.path(files[i]))
		}
	}
	if opts.Show == nil {
		opts.Show = h.note
	}
	e, err := New(opts)
	if err != nil {
		t.Fatal(err)
	}
	h.Engine = e
	return h
}

func (h *house) path(name string) string { return filepath.Join(h.dir, name) }

func (h *house) write(name, source string) {
	h.t.Helper()
	os.MkdirAll(filepath.Dir(h.path(name)), 0o755)
	if err := os.WriteFile(h.path(name), []byte(source), 0o644); err != nil {
		h.t.Fatal(err)
	}
}

func (h *house) note(e event.Event) {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.events = append(h.events, e)
}

// all are the events of a type so far.
func (h *house) all(t event.Type) []event.Event {
	h.mu.Lock()
	defer h.mu.Unlock()
	var found []event.Event
	for _, e := range h.events {
		if e.Type == t {
			found = append(found, e)
		}
	}
	return found
}

// shown says whether an event of this type has text in it.
func (h *house) shown(t event.Type, text string) bool {
	for _, e := range h.all(t) {
		if strings.Contains(e.Text+" "+e.Hint, text) {
			return true
		}
	}
	return false
}

func (h *house) until(t event.Type, text string) {
	h.t.Helper()
	for end := time.Now().Add(10 * time.Second); !h.shown(t, text); time.Sleep(2 * time.Millisecond) {
		if time.Now().After(end) {
			h.t.Errorf("no %s event with %q", t, text)
			return
		}
	}
}

// start runs the engine until the test ends; wait is for its error.
func (h *house) start(ctx context.Context) (wait func() error) {
	result := make(chan error, 1)
	ctx, cancel := context.WithCancel(ctx)
	go func() { result <- h.Run(ctx) }()
	var once sync.Once
	var err error
	wait = func() error {
		once.Do(func() {
			select {
			case err = <-result:
			case <-time.After(20 * time.Second):
				h.t.Error("the engine does not end")
			}
		})
		return err
	}
	h.t.Cleanup(func() { cancel(); wait() })
	return wait
}
