package control

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"moonlark/engine"
	"moonlark/engine/bus"
	"moonlark/engine/health"
	"moonlark/engine/testkit"
)

// A fixture is an engine with one script and its Control. The script's agent is the embedded agent.
type fixture struct {
	*Control
	engine *engine.Engine
	t      *testing.T
	path   string // the path of the script's file
	client http.Client

	mu     sync.Mutex  // guards events
	events []bus.Event // all events from the engine so far
}

// start starts an engine and its Control. source is the text of the engine's script. Both run until
// the test ends.
func start(t *testing.T, source string, with Options, opts engine.Options) *fixture {
	t.Helper()
	h := &fixture{t: t, path: filepath.Join(t.TempDir(), "a.lua")}
	h.write(source)
	if with.Addr == "" {
		with.Addr = "127.0.0.1:0"
	}
	h.Control = New(with)
	opts.Scripts, opts.TextOnly = []string{h.path}, true
	opts.Bus = new(bus.Bus)
	recorded := opts.Bus.Subscribe(nil, func(e bus.Event) {
		h.mu.Lock()
		defer h.mu.Unlock()
		h.events = append(h.events, e)
	})
	watched := h.Watch(opts.Bus)
	var err error
	if h.engine, err = engine.New(opts); err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(context.Background())
	if err := h.Open(ctx, h.engine.Remote()); err != nil {
		t.Fatal(err)
	}
	done := make(chan struct{})
	go func() {
		defer close(done)
		if err := h.engine.Run(ctx); err != nil {
			t.Errorf("Run: %v", err)
		}
	}()
	t.Cleanup(func() {
		h.client.CloseIdleConnections()
		cancel()
		<-done
		recorded.Close(time.Second)
		watched.Close(time.Second)
		h.Control.Close()
	})
	return h
}

// open opens a Control with a fakeAgent, and closes it at the end of the test.
func open(t *testing.T, c *Control) *fixture {
	t.Helper()
	agent := fakeAgent{silent: func(context.Context) []string { return nil }}
	if err := c.Open(t.Context(), agent); err != nil {
		t.Fatal(err)
	}
	h := &fixture{t: t, Control: c}
	t.Cleanup(func() { h.client.CloseIdleConnections(); c.Close() })
	return h
}

func (h *fixture) write(source string) {
	if err := os.WriteFile(h.path, []byte(source), 0o644); err != nil {
		h.t.Fatal(err)
	}
}

// request sends one HTTP request and returns the status and the body of the response. header lists
// names and values of headers alternately.
func (h *fixture) request(method, path, body string, header ...string) (int, string) {
	h.t.Helper()
	status, _, text := testkit.Request(h.t, method, h.URL()+path, body, header...)
	return status, text
}

// want sends one HTTP request. The test fails unless the response has this status and its body
// contains text.
func (h *fixture) want(method, path, body string, status int, text string) {
	h.t.Helper()
	if got, answer := h.request(method, path, body); got != status || !strings.Contains(answer, text) {
		h.t.Errorf("%s %s %s: got %d %s, want %d with %q", method, path, body, got, answer, status, text)
	}
}

func (h *fixture) health() (s healthState) {
	h.t.Helper()
	_, text := h.request("GET", "/healthz", "")
	if err := json.Unmarshal([]byte(text), &s); err != nil {
		h.t.Fatalf("%s: %v", text, err)
	}
	return s
}

// until waits for an event of this kind whose text, or whose tool's name, contains text.
func (h *fixture) until(kind bus.Type, text string) {
	h.t.Helper()
	testkit.Until(h.t, fmt.Sprintf("a %s event with %q", kind, text), func() bool {
		h.mu.Lock()
		defer h.mu.Unlock()
		return slices.ContainsFunc(h.events, func(e bus.Event) bool {
			return e.Type == kind && strings.Contains(e.Text+e.Tool, text)
		})
	})
}

func (h *fixture) awaitStatus(want string) {
	h.t.Helper()
	testkit.Until(h.t, "status "+want, func() bool { return h.engine.Remote().Status() == want })
}

// A fakeAgent is an Agent that has only the methods Health and Silent. A call of another method
// would panic. It is a fake because the tests decide when Silent returns.
type fakeAgent struct {
	Agent
	silent func(context.Context) []string
}

func (fakeAgent) Health() health.Report { return health.Report{Status: "waiting"} }

func (a fakeAgent) Silent(ctx context.Context) []string { return a.silent(ctx) }
