package convai

import (
	"bytes"
	"fmt"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"runtime"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/gorilla/websocket"
	"go.uber.org/goleak"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

const metadataFrame = `{"type":"conversation_initiation_metadata","conversation_initiation_metadata_event":{"conversation_id":"conv_1","agent_output_audio_format":"pcm_16000","user_input_audio_format":"pcm_16000"}}`

// patience is how long a test waits for what should come at once.
const patience = 20 * time.Second

// A peer is the server's end of a conversation.
type peer struct {
	*websocket.Conn
	t testing.TB
}

// serve starts a server that has talk with every client, and says where it is.
// The test waits for talk to return; the socket is cut when it does.
func serve(t testing.TB, talk func(p *peer, r *http.Request)) (url string) {
	var talks sync.WaitGroup
	up := websocket.Upgrader{Subprotocols: []string{"convai"}, CheckOrigin: func(*http.Request) bool { return true }}
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		talks.Add(1)
		defer talks.Done()
		ws, err := up.Upgrade(w, r, nil)
		if err != nil {
			t.Errorf("upgrade: %v", err)
			return
		}
		defer ws.Close()
		ws.SetReadDeadline(time.Now().Add(patience))
		talk(&peer{ws, t}, r)
	}))
	t.Cleanup(func() { server.Close(); talks.Wait() })
	return "ws" + strings.TrimPrefix(server.URL, "http")
}

// greet serves with the opening already done: talk begins after the metadata.
func greet(t testing.TB, talk func(p *peer)) (url string) {
	return serve(t, func(p *peer, _ *http.Request) {
		p.expect("conversation_initiation_client_data")
		p.send(metadataFrame)
		talk(p)
	})
}

// fail ends the talk.
func (p *peer) fail(format string, args ...any) {
	p.t.Helper()
	p.t.Errorf("server: "+format, args...)
	runtime.Goexit()
}

func (p *peer) send(frame string) {
	p.t.Helper()
	if err := p.WriteMessage(websocket.TextMessage, []byte(frame)); err != nil {
		p.fail("%v", err)
	}
}

// expect reads a frame, which has to be of this type.
func (p *peer) expect(kind string) Frame {
	p.t.Helper()
	_, text, err := p.ReadMessage()
	if err != nil {
		p.fail("%v, want %s", err, kind)
	}
	frame, err := ParseClient(text)
	if err != nil || frame.Type != kind {
		p.fail("%s: %v, want %s", text, err, kind)
	}
	return frame
}

// expectClose reads up to the client's close frame and answers it.
func (p *peer) expectClose() *websocket.CloseError {
	p.t.Helper()
	for {
		_, _, err := p.ReadMessage()
		if closed, ok := err.(*websocket.CloseError); ok {
			return closed
		}
		if err != nil {
			p.fail("%v, want a close", err)
		}
	}
}

// hangUp sends a close frame and waits for the answer.
func (p *peer) hangUp(code int, reason string) {
	p.WriteControl(websocket.CloseMessage, websocket.FormatCloseMessage(code, reason), time.Now().Add(patience))
	for {
		if _, _, err := p.ReadMessage(); err != nil {
			return
		}
	}
}

// dial opens a conversation that has to open.
func dial(t testing.TB, url string) *Conversation {
	t.Helper()
	c, err := Dial(t.Context(), Options{URL: url, ConnectTimeout: patience})
	if err != nil {
		t.Fatal(err)
	}
	return c
}

func ignore(Frame) {}

// A journal is what was logged. Writers take turns, as slog sees to.
type journal struct {
	mu   sync.Mutex
	text bytes.Buffer
}

func (j *journal) Write(line []byte) (int, error) {
	j.mu.Lock()
	defer j.mu.Unlock()
	return j.text.Write(line)
}

func (j *journal) lines() []string {
	j.mu.Lock()
	defer j.mu.Unlock()
	return strings.Split(strings.TrimSpace(j.text.String()), "\n")
}

func (j *journal) logger() *slog.Logger { return slog.New(slog.NewTextHandler(j, nil)) }

func pingFrame(id int) string {
	return fmt.Sprintf(`{"type":"ping","ping_event":{"event_id":%d}}`, id)
}
