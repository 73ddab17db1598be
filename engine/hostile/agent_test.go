package hostile

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	"regexp"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/gorilla/websocket"

	"moonlark/engine/convai"
)

// An agent is the server's end of one conversation. Its reader is the goroutine
// of the connection; anyone may call.
type agent struct {
	url       string
	connected chan struct{} // closed once the conversation is open

	writing sync.Mutex // held to write
	conn    *websocket.Conn

	mu      sync.Mutex // guards what follows
	waiting map[string]chan result
	pings   map[int]chan struct{}
	wrong   []string // what the client should not have sent
	over    bool
}

// A result is the answer to one call, or why there is none.
type result struct {
	convai.ClientToolResult
	err error
}

func (r result) String() string {
	if r.err != nil {
		return r.err.Error()
	}
	return fmt.Sprintf("%q, error %v %s", r.Result, r.IsError, r.ErrorType)
}

// listen starts an agent, which takes one client.
func listen(t *testing.T) *agent {
	a := &agent{connected: make(chan struct{}), waiting: make(map[string]chan result), pings: make(map[int]chan struct{})}
	var wg sync.WaitGroup
	var once sync.Once
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		once.Do(func() {
			wg.Add(1)
			defer wg.Done()
			conn, err := (&websocket.Upgrader{}).Upgrade(w, r, nil)
			if err != nil {
				t.Error(err)
				return
			}
			defer conn.Close()
			a.serve(conn)
		})
	}))
	t.Cleanup(func() {
		server.CloseClientConnections()
		server.Close()
		wg.Wait()
	})
	a.url = "ws" + strings.TrimPrefix(server.URL, "http")
	return a
}

func (a *agent) serve(conn *websocket.Conn) {
	a.conn = conn
	conn.ReadMessage() // conversation_initiation_client_data
	a.send(&convai.ConversationInitiationMetadata{ConversationID: "conv_hostile", AgentOutputAudioFormat: "pcm_16000", UserInputAudioFormat: "pcm_16000"})
	close(a.connected)
	for {
		_, frame, err := conn.ReadMessage()
		if err != nil {
			break
		}
		a.take(frame)
	}
	a.mu.Lock()
	defer a.mu.Unlock()
	a.over = true
	for id, answer := range a.waiting {
		answer <- result{err: errors.New("the client left")}
		delete(a.waiting, id)
	}
}

// take gives a message of the client to whoever waits for it.
func (a *agent) take(frame []byte) {
	f, err := convai.ParseClient(frame)
	a.mu.Lock()
	defer a.mu.Unlock()
	if err != nil {
		a.wrong = append(a.wrong, fmt.Sprintf("%.200s: %v", frame, err))
		return
	}
	switch m := f.Message.(type) {
	case *convai.Pong:
		if pong := a.pings[m.EventID]; pong != nil {
			close(pong)
			delete(a.pings, m.EventID)
		}
	case *convai.ClientToolResult:
		answer := a.waiting[m.ToolCallID]
		if answer == nil {
			a.wrong = append(a.wrong, fmt.Sprintf("a second answer to %s: %.200s", m.ToolCallID, m.Result))
			return
		}
		delete(a.waiting, m.ToolCallID)
		answer <- result{ClientToolResult: *m}
	}
}

func (a *agent) send(m convai.Message) error {
	frame, err := convai.Marshal(m)
	if err != nil {
		return err
	}
	a.writing.Lock()
	defer a.writing.Unlock()
	a.conn.SetWriteDeadline(time.Now().Add(patience))
	return a.conn.WriteMessage(websocket.TextMessage, frame)
}

// await returns when the client has connected.
func (a *agent) await(t *testing.T, c *child) {
	select {
	case <-a.connected:
	case <-c.done:
		t.Fatal("it ended before it had connected")
	case <-time.After(patience):
		t.Fatal("it does not connect")
	}
}

// call asks for a tool and waits for the answer.
func (a *agent) call(id, name string, args json.RawMessage) result {
	answer := make(chan result, 1)
	a.mu.Lock()
	if a.over {
		a.mu.Unlock()
		return result{err: errors.New("the client has left")}
	}
	a.waiting[id] = answer
	a.mu.Unlock()
	if err := a.send(&convai.ClientToolCall{ToolName: name, ToolCallID: id, Parameters: args, EventID: 1}); err != nil {
		return result{err: err}
	}
	select {
	case r := <-answer:
		return r
	case <-time.After(patience):
		return result{err: fmt.Errorf("no answer within %v", patience)}
	}
}

// ping returns how long the pong took.
func (a *agent) ping(id int) (time.Duration, error) {
	pong := make(chan struct{})
	a.mu.Lock()
	a.pings[id] = pong
	a.mu.Unlock()
	began := time.Now()
	if err := a.send(&convai.Ping{EventID: id}); err != nil {
		return 0, err
	}
	select {
	case <-pong:
		return time.Since(began), nil
	case <-time.After(patience):
		return 0, fmt.Errorf("no pong within %v", patience)
	}
}

// settle checks, after the end, that nothing was answered twice.
func (a *agent) settle(t *testing.T) {
	a.mu.Lock()
	defer a.mu.Unlock()
	for _, what := range a.wrong {
		t.Error(what)
	}
}

// latest is how long a pong may take, and a call of a script that does no harm.
// It is milliseconds, but for a machine that has much else to do.
const latest = 5 * time.Second

// A watch is what the agent does while a script is hostile.
type watch struct {
	t          *testing.T
	agent      *agent
	calm       []*regexp.Regexp // errors that the tool of the same script may answer with
	pong, call time.Duration    // the slowest
}

// run pings and calls until ctx is done.
func (w *watch) run(ctx context.Context) {
	var wg sync.WaitGroup
	every := func(pause time.Duration, do func(n int) bool) {
		wg.Go(func() {
			for n := 0; do(n); n++ {
				select {
				case <-ctx.Done():
					return
				case <-time.After(pause):
				}
			}
		})
	}
	every(10*time.Millisecond, func(n int) bool {
		took, err := w.agent.ping(n)
		if w.pong = max(w.pong, took); took > latest || err != nil {
			w.t.Errorf("pong %d after %v: %v", n, took, err)
		}
		return err == nil
	})
	every(5*time.Millisecond, func(n int) bool {
		began := time.Now()
		r := w.ask("other", n)
		took := time.Since(began)
		if w.call = max(w.call, took); took > latest {
			w.t.Errorf("other %d took %v", n, took)
		}
		return w.right("other", n, r)
	})
	every(5*time.Millisecond, func(n int) bool {
		r := w.ask("same", n)
		return w.expected(r) || w.right("same", n, r)
	})
	wg.Wait()
}

// expected says whether r is an error that the act has foretold.
func (w *watch) expected(r result) bool {
	return r.err == nil && r.IsError && slices.ContainsFunc(w.calm, func(re *regexp.Regexp) bool { return re.MatchString(r.Result) })
}

func (w *watch) ask(tool string, n int) result {
	return w.agent.call(fmt.Sprint(tool, "-", n), tool, fmt.Appendf(nil, `{"n": %d}`, n))
}

func (w *watch) right(tool string, n int, r result) bool {
	if r.err != nil || r.IsError || r.Result != fmt.Sprint("calm ", n) {
		w.t.Errorf("%s %d = %.500s", tool, n, r)
		return false
	}
	return true
}

// recovered checks that all is as it was before. A script that has to be loaded
// again is given the time for it.
func (w *watch) recovered() {
	end := time.Now().Add(patience)
	for n, right := 1_000_000, 0; right < 3; n++ {
		r := w.ask("same", n)
		if w.expected(r) && time.Now().Before(end) {
			right = 0
			time.Sleep(10 * time.Millisecond)
			continue
		}
		if !w.right("same", n, r) {
			break
		}
		right++
		w.right("other", n, w.ask("other", n))
	}
	if _, err := w.agent.ping(1_000_000); err != nil {
		w.t.Error(err)
	}
}
