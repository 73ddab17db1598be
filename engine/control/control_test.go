package control

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"go.uber.org/goleak"

	"moonlark/engine"
	"moonlark/engine/event"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// A house is an engine that talks to the embedded agent, with its control. What
// it shows, and prints, is noted.
type house struct {
	*Control
	engine *engine.Engine
	t      *testing.T
	path   string // of the script
	client http.Client

	mu     sync.Mutex // guards what follows
	events []event.Event
}

// build makes a house with one script, and runs it until the test ends.
func build(t *testing.T, source string, with Options, opts engine.Options) *house {
	t.Helper()
	h := &house{t: t, path: filepath.Join(t.TempDir(), "a.lua")}
	h.write(source)
	if with.Addr == "" {
		with.Addr = "127.0.0.1:0"
	}
	h.Control = New(with)
	opts.Scripts, opts.OwnEvents, opts.TextOnly = []string{h.path}, true, true
	opts.Status = h.Control.Status
	opts.Show = func(e event.Event) {
		h.mu.Lock()
		h.events = append(h.events, e)
		h.mu.Unlock()
		h.Note(e)
	}
	var err error
	if h.engine, err = engine.New(opts); err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(context.Background())
	if err := h.Open(ctx, h.engine); err != nil {
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
		h.Control.Close()
	})
	return h
}

func (h *house) write(source string) {
	if err := os.WriteFile(h.path, []byte(source), 0o644); err != nil {
		h.t.Fatal(err)
	}
}

// ask sends one request, and returns the status and the body.
func (h *house) ask(method, path, body string, header ...string) (int, string) {
	h.t.Helper()
	r, err := http.NewRequest(method, h.URL()+path, strings.NewReader(body))
	if err != nil {
		h.t.Fatal(err)
	}
	for i := 0; i < len(header); i += 2 {
		if header[i] == "Host" {
			r.Host = header[i+1]
		}
		r.Header.Set(header[i], header[i+1])
	}
	answer, err := h.client.Do(r)
	if err != nil {
		h.t.Fatal(err)
	}
	defer answer.Body.Close()
	text, err := io.ReadAll(answer.Body)
	if err != nil {
		h.t.Fatal(err)
	}
	return answer.StatusCode, string(text)
}

func (h *house) want(method, path, body string, status int, text string) {
	h.t.Helper()
	if got, said := h.ask(method, path, body); got != status || !strings.Contains(said, text) {
		h.t.Errorf("%s %s %s: got %d %s, want %d with %q", method, path, body, got, said, status, text)
	}
}

func (h *house) health() (s state) {
	h.t.Helper()
	_, text := h.ask("GET", "/healthz", "")
	if err := json.Unmarshal([]byte(text), &s); err != nil {
		h.t.Fatalf("%s: %v", text, err)
	}
	return s
}

// until waits for an event with text.
func (h *house) until(kind event.Type, text string) {
	h.t.Helper()
	h.eventually(fmt.Sprintf("a %s event with %q", kind, text), func() bool {
		h.mu.Lock()
		defer h.mu.Unlock()
		return slices.ContainsFunc(h.events, func(e event.Event) bool {
			return e.Type == kind && strings.Contains(e.Text+e.Tool, text)
		})
	})
}

func (h *house) eventually(what string, is func() bool) {
	h.t.Helper()
	for end := time.Now().Add(15 * time.Second); !is(); time.Sleep(5 * time.Millisecond) {
		if time.Now().After(end) {
			h.t.Fatalf("not: %s", what)
		}
	}
}

func (h *house) awaitStatus(want string) {
	h.t.Helper()
	h.eventually("status "+want, func() bool { return h.engine.Status() == want })
}

// An agent that was told to wait is driven from outside, from one conversation
// to the next.
func TestAConversationIsDrivenByRequests(t *testing.T) {
	h := build(t, `
		on("button", function(e) print("pressed", e.type, e.data and e.data.pin) end)
		register_tool { name = "hello", phrases = { "say hello" }, handler = function() return "Hi." end }
	`, Options{}, engine.Options{Wait: true})
	h.awaitStatus("waiting")

	h.want("POST", "/say", `{"text": "say hello"}`, http.StatusConflict, "there is no conversation")
	h.want("POST", "/stop", ``, http.StatusConflict, "there is no conversation")
	h.want("POST", "/event", `{"type": "button", "data": {"pin": 4}}`, http.StatusAccepted, "true")
	h.until(event.Print, "pressed\tbutton\t4")
	h.want("POST", "/event", `{"type": "button"}`, http.StatusAccepted, "true")
	h.until(event.Print, "pressed\tbutton\tnil")
	h.want("POST", "/event", `{"type": "bell"}`, http.StatusConflict, "no script listens for bell")

	for range 2 {
		h.want("POST", "/start", `{"first_message": "Well?", "preroll": true}`, http.StatusAccepted, "true")
		h.awaitStatus("connected")
		h.want("POST", "/start", ``, http.StatusConflict, "there is a conversation already")
		h.until(event.Agent, "Well?")
		h.want("POST", "/context", `{"text": "It is raining.", "id": "weather"}`, http.StatusAccepted, "true")
		h.want("POST", "/say", `{"text": "say hello"}`, http.StatusAccepted, "true")
		h.until(event.Agent, "Hi.")
		h.want("POST", "/stop", `{}`, http.StatusAccepted, "true")
		h.awaitStatus("waiting")
	}
	text := ""
	h.eventually("the second end", func() bool { // the engine's output may be a little behind
		_, text = h.ask("GET", "/metrics", "")
		return strings.Contains(text, `ended_total{how="1000"} 2`)
	})
	for _, line := range []string{
		"moonlark_conversations_total 2\n",
		`moonlark_conversations_ended_total{how="1000"} 2` + "\n",
		`moonlark_tool_calls_total{tool="hello",outcome="ok"} 2` + "\n",
		`moonlark_tool_seconds_count{tool="hello"} 2` + "\n",
		`moonlark_status{status="waiting"} 1` + "\n",
		`moonlark_queue_length{queue="calls",script="a.lua"} 0` + "\n",
		"moonlark_goroutines ",
	} {
		if !strings.Contains(text, line) {
			t.Errorf("no %q in\n%s", line, text)
		}
	}
}

func TestBadRequestsAreRefusedInASentence(t *testing.T) {
	h := build(t, ``, Options{}, engine.Options{Wait: true})
	h.awaitStatus("waiting")
	long := strings.Repeat("x", mostBody)
	for _, row := range []struct {
		why, method, path, body string
		header                  []string
		status                  int
		text                    string
	}{
		{"an unknown path", "GET", "/", "", nil, 404, "there is no /; there are /context, /event"},
		{"a path of paths", "GET", "/healthz/../log", "", nil, 404, "there is no"},
		{"a wrong method", "GET", "/say", "", nil, 405, "/say is asked for with POST"},
		{"a wrong method", "POST", "/healthz", "{}", nil, 405, "/healthz is asked for with GET"},
		{"a method nobody has", "BREW", "/log", "", nil, 405, "GET"},
		{"no body", "POST", "/say", "", nil, 400, "it is empty"},
		{"no text", "POST", "/say", "{}", nil, 400, "nothing to say"},
		{"not JSON", "POST", "/say", "hello", nil, 400, "not the JSON object that is wanted"},
		{"a list", "POST", "/say", "[]", nil, 400, "not the JSON object that is wanted"},
		{"more behind it", "POST", "/say", `{"text":"a"} {"text":"b"}`, nil, 400, "more behind"},
		{"a misspelt field", "POST", "/say", `{"txt":"a"}`, nil, 400, "txt"},
		{"a field of the wrong kind", "POST", "/say", `{"text":1}`, nil, 400, "text: got number, want string"},
		{"a huge body", "POST", "/say", `{"text":"` + long + `"}`, nil, 413, "longer than 262144 bytes"},
		{"a misspelt setting", "POST", "/start", `{"first_mesage":"a"}`, nil, 400, "did you mean 'first_message'"},
		{"a preroll of text", "POST", "/start", `{"preroll":"yes"}`, nil, 400, "preroll: true or false"},
		{"something to stop with", "POST", "/stop", `{"now":true}`, nil, 400, "now"},
		{"an event without a name", "POST", "/event", `{}`, nil, 400, "letter"},
		{"an event of the wire's", "POST", "/event", `{"type":"client_tool_call","data":{}}`, nil, 400, "the conversation has an event of that name"},
		{"an event of ours", "POST", "/event", `{"type":"status"}`, nil, 400, "the conversation has an event of that name"},
		{"all events", "POST", "/event", `{"type":"*"}`, nil, 400, "a letter is wanted"},
		{"an event with a long name", "POST", "/event", `{"type":"` + strings.Repeat("x", 65) + `"}`, nil, 400, "64"},
		{"lines that are no number", "GET", "/log?n=many", "", nil, 400, "number"},
		{"a format nobody knows", "GET", "/log?format=xml", "", nil, 400, "text or json"},

		{"another page", "POST", "/start", "", []string{"Origin", "https://example.com"}, 403, "web pages"},
		{"a page without a name", "POST", "/start", "", []string{"Origin", "null"}, 403, "web pages"},
		{"a page of this machine", "POST", "/start", "", []string{"Origin", "http://localhost:3000"}, 403, "web pages"},
		{"a page that only looks", "GET", "/log", "", []string{"Sec-Fetch-Site", "cross-site"}, 403, "web pages"},
		{"a page of our own name", "GET", "/log", "", []string{"Sec-Fetch-Site", "same-origin"}, 403, "web pages"},
		{"a browser that posts", "POST", "/start", "", []string{"Sec-Fetch-Site", "none"}, 403, "web pages"},
		{"a name that resolves to this machine", "GET", "/log", "", []string{"Host", "example.com"}, 403, "for this machine alone"},
		{"the same with the port", "POST", "/start", "", []string{"Host", "example.com:80"}, 403, "for this machine alone"},
		{"one that begins well", "POST", "/start", "", []string{"Host", "localhost.example.com"}, 403, "for this machine alone"},
		{"an address of the network", "GET", "/log", "", []string{"Host", "192.168.1.2"}, 403, "for this machine alone"},

		{"an address that somebody typed", "GET", "/healthz", "", []string{"Sec-Fetch-Site", "none"}, 200, "true"},
		{"this machine by name", "GET", "/healthz", "", []string{"Host", "localhost:80"}, 200, "true"},
		{"this machine by its other address", "GET", "/healthz", "", []string{"Host", "[::1]"}, 200, "true"},
	} {
		status, text := h.ask(row.method, row.path, row.body, row.header...)
		if status != row.status || !strings.Contains(text, row.text) {
			t.Errorf("%s: got %d %s, want %d with %q", row.why, status, text, row.status, row.text)
		}
		var answer struct{ Error string }
		if err := json.Unmarshal([]byte(text), &answer); err != nil || status >= 400 && answer.Error == "" {
			t.Errorf("%s: %s is no answer in JSON: %v", row.why, text, err)
		}
	}
	if got := h.engine.Status(); got != "waiting" {
		t.Errorf("status %s: somebody has started a conversation", got)
	}
}

func TestATokenIsDemanded(t *testing.T) {
	h := build(t, ``, Options{Token: "open sesame"}, engine.Options{Wait: true})
	for header, want := range map[string]int{
		"": 401, "Bearer": 401, "Bearer ": 401, "Bearer open": 401, "Basic open sesame": 401, "open sesame": 401,
		"Bearer open sesame": 200, "bearer open sesame": 200,
	} {
		if got, text := h.ask("GET", "/log", "", "Authorization", header); got != want {
			t.Errorf("%q: got %d %s, want %d", header, got, text, want)
		}
	}
}

func TestWhoCanBeReachedFromElsewhereNeedsAToken(t *testing.T) {
	c := New(Options{Addr: "0.0.0.0:0"})
	if err := c.Open(t.Context(), nil); err == nil || !strings.Contains(err.Error(), "set a token") {
		t.Errorf("got %v", err)
		c.Close()
	}
	h := build(t, ``, Options{Addr: "0.0.0.0:0", Token: "t"}, engine.Options{Wait: true})
	if got, text := h.ask("GET", "/log", "", "Host", "kiosk.example", "Authorization", "Bearer t"); got != 200 {
		t.Errorf("got %d %s: with a token the name does not matter", got, text)
	}
}

func TestAddresses(t *testing.T) {
	for text, want := range map[string]string{
		"8080": "127.0.0.1:8080 true", ":8080": "127.0.0.1:8080 true", "localhost:1": "localhost:1 true", "[::1]:2": "[::1]:2 true",
		"0.0.0.0:3": "0.0.0.0:3 false", "kiosk:4": "kiosk:4 false",
		"": "error", "kiosk": "error", "1:2:3": "error", "127.0.0.1:": "error", "127.0.0.1:99999": "error",
	} {
		addr, loopback, err := Address(text)
		got := fmt.Sprint(addr, " ", loopback)
		if err != nil {
			got = "error"
		}
		if got != want {
			t.Errorf("%q: got %s, want %s", text, got, want)
		}
	}
}

// A script that is busy is alive, one that was not loaded again is a trouble, and
// one that Go holds makes the whole unwell.
func TestHealthTellsBusyFromStuck(t *testing.T) {
	release := make(chan struct{})
	free := sync.OnceFunc(func() { close(release) })
	defer free()
	h := build(t, `
		on("busy", function() while true do end end)
		on("stuck", function() block() end)
	`, Options{Version: "v1"}, engine.Options{Wait: true, Globals: map[string]any{"block": func() { <-release }}})
	h.awaitStatus("waiting")
	if s := h.health(); !s.OK || len(s.Troubles) > 0 || s.Status != "waiting" || s.Since.IsZero() || s.Version != "v1" || len(s.Scripts) != 1 || !s.Scripts[0].Alive {
		t.Errorf("got %+v", s)
	}
	h.want("POST", "/event", `{"type": "busy"}`, 202, "")
	if s := h.health(); !s.OK {
		t.Errorf("busy: got %+v", s)
	}
	h.until(event.Log, "ran for 2s without a wait")

	h.write("oh no")
	h.Reload(h.engine)
	if s := h.health(); !s.OK || len(s.Troubles) != 1 || !strings.Contains(s.Scripts[0].Failed, "a.lua:1") {
		t.Errorf("not reloaded: got %+v", s)
	}
	h.want("POST", "/event", `{"type": "stuck"}`, 202, "")
	h.eventually("a 503", func() bool { status, _ := h.ask("GET", "/healthz", ""); return status == 503 })
	if s := h.health(); s.OK || s.Scripts[0].Alive {
		t.Errorf("stuck: got %+v", s)
	}
	free()
	h.want("GET", "/healthz", "", 200, `"ok":true`)
}

func TestTheLogIsBoundedAndObeysNobody(t *testing.T) {
	h := build(t, `on("talk", function() for i = 1, 600 do print("line " .. i) end print("\27[2Jone\ntwo" .. string.rep("x", 9000)) log.debug("hush") end)`,
		Options{Level: slog.LevelInfo}, engine.Options{Wait: true})
	h.awaitStatus("waiting")
	h.want("POST", "/event", `{"type": "talk"}`, 202, "")
	h.until(event.Print, "two")
	var lines []line
	h.eventually("the last line", func() bool {
		_, text := h.ask("GET", "/log?format=json", "")
		if err := json.Unmarshal([]byte(text), &lines); err != nil {
			t.Fatal(err)
		}
		return strings.Contains(lines[len(lines)-1].Text, "two")
	})
	if len(lines) != mostLines || len(lines[len(lines)-1].Text) > mostLine+10 || lines[0].Script != "a.lua" || lines[0].Level != "print" {
		t.Errorf("%d lines, the first %+v, the last of %d bytes", len(lines), lines[0], len(lines[len(lines)-1].Text))
	}
	_, text := h.ask("GET", "/log?n=2", "")
	if strings.Contains(text, "\x1b") || !strings.Contains(text, "[2Jone\n  two") || strings.Count(text, "\n") != 3 || strings.Contains(text, "hush") {
		t.Errorf("got %q", text)
	}
}

func TestNamesThatAnAgentMakesUpAreCountedTogether(t *testing.T) {
	m := newMeter()
	for i := range 1000 {
		m.note(event.Event{Type: event.ToolResult, Tool: fmt.Sprint("made_up_", i), IsError: true})
		m.note(event.Event{Type: event.ToolResult, Tool: fmt.Sprint("real_", i), Script: "a.lua", Orphaned: i == 0, ErrorType: "client_timeout"})
		m.note(event.Event{Type: event.Disconnected, Code: 3000 + i})
	}
	var text strings.Builder
	m.set.WritePrometheus(&text)
	if n := strings.Count(text.String(), "moonlark_tool_calls_total"); n > mostNames+4 {
		t.Errorf("%d series of tool calls", n)
	}
	for _, line := range []string{
		`moonlark_tool_calls_total{tool="(other)",outcome="error"} 1000`,
		`moonlark_tool_calls_total{tool="real_0",outcome="orphaned"} 1`,
		`moonlark_tool_calls_total{tool="real_1",outcome="timeout"} 1`,
		`moonlark_conversations_ended_total{how="other"} 1000`,
	} {
		if !strings.Contains(text.String(), line+"\n") {
			t.Errorf("no %s", line)
		}
	}
}

// Whoever waits for an answer does not hold up the end, nor do those who only
// stay connected.
func TestCloseIsPrompt(t *testing.T) {
	release := make(chan struct{})
	h := build(t, `on("stuck", function() block() end)`, Options{}, engine.Options{Wait: true, Globals: map[string]any{"block": func() { <-release }}})
	h.awaitStatus("waiting")
	h.want("POST", "/event", `{"type": "stuck"}`, 202, "")
	asked := make(chan struct{})
	go func() {
		defer close(asked)
		if answer, err := http.Get(h.URL() + "/healthz"); err == nil {
			answer.Body.Close()
		}
		http.DefaultClient.CloseIdleConnections()
	}()
	time.Sleep(50 * time.Millisecond)
	began := time.Now()
	h.Control.Close()
	if took := time.Since(began); took > time.Second {
		t.Errorf("Close took %v", took)
	}
	<-asked
	close(release)
}
