package control

import (
	"context"
	"encoding/json"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"strings"
	"sync"
	"testing"
	"time"

	"go.uber.org/goleak"

	"moonlark/engine"
	"moonlark/engine/bus"
	"moonlark/engine/testkit"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// HTTP requests start, drive and end two conversations, one after the other. Before, between and
// after them, the agent waits for a start.
func TestRequestsDriveConversations(t *testing.T) {
	h := start(t, `
		on("button", function(e) print("pressed", e.type, e.data and e.data.pin) end)
		register_tool { name = "hello", phrases = { "say hello" }, handler = function() return "Hi." end }
	`, Options{}, engine.Options{Wait: true})
	h.awaitStatus("waiting")

	h.want("POST", "/say", `{"text": "say hello"}`, http.StatusConflict, "there is no conversation")
	h.want("POST", "/stop", ``, http.StatusConflict, "there is no conversation")
	h.want("POST", "/event", `{"type": "button", "data": {"pin": 4}}`, http.StatusAccepted, "true")
	h.until(bus.Print, "pressed\tbutton\t4")
	h.want("POST", "/event", `{"type": "button"}`, http.StatusAccepted, "true")
	h.until(bus.Print, "pressed\tbutton\tnil")
	h.want("POST", "/event", `{"type": "bell"}`, http.StatusConflict, "no script listens for bell")

	for range 2 {
		h.want("POST", "/start", `{"first_message": "Well?", "preroll": true}`, http.StatusAccepted, "true")
		h.awaitStatus("connected")
		h.want("POST", "/start", ``, http.StatusConflict, "there is a conversation already")
		h.until(bus.Agent, "Well?")
		h.want("POST", "/context", `{"text": "It is raining.", "id": "weather"}`, http.StatusAccepted, "true")
		h.want("POST", "/say", `{"text": "say hello"}`, http.StatusAccepted, "true")
		h.until(bus.Agent, "Hi.")
		h.want("POST", "/stop", `{}`, http.StatusAccepted, "true")
		h.awaitStatus("waiting")
	}
	text := ""
	// The events of the engine may reach the metrics a moment after the status has changed.
	testkit.Until(h.t, "the second end", func() bool {
		_, text = h.request("GET", "/metrics", "")
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

func TestBadRequestsAreRefusedWithAnExplanation(t *testing.T) {
	h := start(t, ``, Options{}, engine.Options{Wait: true})
	h.awaitStatus("waiting")
	long := strings.Repeat("x", maxBody)
	for _, row := range []struct {
		why, method, path, body string
		header                  []string
		status                  int
		text                    string
	}{
		{"an unknown path", "GET", "/", "", nil, 404, "there is no /; there are /context, /event"},
		{"a path with dots", "GET", "/healthz/../log", "", nil, 404, "there is no"},
		{"a wrong method", "GET", "/say", "", nil, 405, "/say needs the method POST"},
		{"a wrong method", "POST", "/healthz", "{}", nil, 405, "/healthz needs the method GET"},
		{"an unknown method", "BREW", "/log", "", nil, 405, "GET"},
		{"no body", "POST", "/say", "", nil, 400, "the body is empty"},
		{"no text", "POST", "/say", "{}", nil, 400, "nothing to say"},
		{"not JSON", "POST", "/say", "hello", nil, 400, "want a JSON object"},
		{"a list", "POST", "/say", "[]", nil, 400, "want a JSON object"},
		{"text after the object", "POST", "/say", `{"text":"a"} {"text":"b"}`, nil, 400, "more text after the object"},
		{"a misspelt field", "POST", "/say", `{"txt":"a"}`, nil, 400, "txt"},
		{"a field of the wrong type", "POST", "/say", `{"text":1}`, nil, 400, "text: got number, want string"},
		{"a huge body", "POST", "/say", `{"text":"` + long + `"}`, nil, 413, "longer than 262144 bytes"},
		{"a misspelt setting", "POST", "/start", `{"first_mesage":"a"}`, nil, 400, "did you mean 'first_message'"},
		{"a preroll that is null", "POST", "/start", `{"preroll":null}`, nil, 400, "preroll: want true or false"},
		{"a preroll that is text", "POST", "/start", `{"preroll":"yes"}`, nil, 400, "preroll: want true or false"},
		{"a field for /stop, which has none", "POST", "/stop", `{"now":true}`, nil, 400, "now"},
		{"an event without a name", "POST", "/event", `{}`, nil, 400, "letter"},
		{"an event of the protocol", "POST", "/event", `{"type":"client_tool_call","data":{}}`, nil, 400, "the conversation has an event of that name"},
		{"an event of Moonlark", "POST", "/event", `{"type":"status"}`, nil, 400, "the conversation has an event of that name"},
		{"a wildcard", "POST", "/event", `{"type":"*"}`, nil, 400, "want a letter"},
		{"an event with a long name", "POST", "/event", `{"type":"` + strings.Repeat("x", 65) + `"}`, nil, 400, "64"},
		{"a number of lines that is not a number", "GET", "/log?n=many", "", nil, 400, "number"},
		{"an unknown format", "GET", "/log?format=xml", "", nil, 400, "text or json"},

		{"a page of another origin", "POST", "/start", "", []string{"Origin", "https://example.com"}, 403, "web pages"},
		{"a page without an origin", "POST", "/start", "", []string{"Origin", "null"}, 403, "web pages"},
		{"a page served by this machine", "POST", "/start", "", []string{"Origin", "http://localhost:3000"}, 403, "web pages"},
		{"a page that sends a GET request", "GET", "/log", "", []string{"Sec-Fetch-Site", "cross-site"}, 403, "web pages"},
		{"a POST request without a page", "POST", "/start", "", []string{"Sec-Fetch-Site", "none"}, 403, "web pages"},
		{"a name that resolves to this machine", "GET", "/log", "", []string{"Host", "example.com"}, 403, "this server answers on this machine only"},
		{"such a name with a port", "POST", "/start", "", []string{"Host", "example.com:80"}, 403, "this server answers on this machine only"},
		{"a name that begins with localhost", "POST", "/start", "", []string{"Host", "localhost.example.com"}, 403, "this server answers on this machine only"},
		{"an address of the network", "GET", "/log", "", []string{"Host", "192.168.1.2"}, 403, "this server answers on this machine only"},

		{"an address typed into a browser", "GET", "/healthz", "", []string{"Sec-Fetch-Site", "none"}, 200, "true"},
		{"this machine by name", "GET", "/healthz", "", []string{"Host", "localhost:80"}, 200, "true"},
		{"this machine by its IPv6 address", "GET", "/healthz", "", []string{"Host", "[::1]"}, 200, "true"},
	} {
		status, text := h.request(row.method, row.path, row.body, row.header...)
		if status != row.status || !strings.Contains(text, row.text) {
			t.Errorf("%s: got %d %s, want %d with %q", row.why, status, text, row.status, row.text)
		}
		var answer struct{ Error string }
		if err := json.Unmarshal([]byte(text), &answer); err != nil || status >= 400 && answer.Error == "" {
			t.Errorf("%s: %s is not an answer in JSON: %v", row.why, text, err)
		}
	}
	if got := h.engine.Remote().Status(); got != "waiting" {
		t.Errorf("status %s: a refused request has started a conversation", got)
	}
}

func TestAddressAddsAMissingHost(t *testing.T) {
	for text, want := range map[string]string{
		"8080": "127.0.0.1:8080 true", ":8080": "127.0.0.1:8080 true", "localhost:1": "localhost:1 true", "[::1]:2": "[::1]:2 true",
		"0.0.0.0:3": "0.0.0.0:3 false", "kiosk:4": "kiosk:4 false",
		"": "error", "kiosk": "error", "1:2:3": "error", "127.0.0.1:": "error", "127.0.0.1:99999": "error",
	} {
		addr, isLoopback, err := Address(text)
		got := fmt.Sprint(addr, " ", isLoopback)
		if err != nil {
			got = "error"
		}
		if got != want {
			t.Errorf("%q: got %s, want %s", text, got, want)
		}
	}
}

// The test checks three cases. While a script is busy, the health is good. After a failed reload,
// the health has a trouble but is still good. While a Go function that a script called does not
// return, the health is bad.
func TestHealthIsBadOnlyWhileAScriptIsStuck(t *testing.T) {
	if testing.Short() {
		t.Skip("slow: the busy script is ended after 2 seconds, and the stuck one times out after 2 more")
	}
	release := make(chan struct{})
	free := sync.OnceFunc(func() { close(release) })
	defer free()
	h := start(t, `
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
	h.until(bus.Log, "ran for 2s without a wait")

	h.write("oh no")
	h.Reload(h.engine.Remote())
	if s := h.health(); !s.OK || len(s.Troubles) != 1 || !strings.Contains(s.Scripts[0].Failed, "a.lua:1") {
		t.Errorf("not reloaded: got %+v", s)
	}
	h.want("POST", "/event", `{"type": "stuck"}`, 202, "")
	testkit.Until(h.t, "a 503", func() bool { status, _ := h.request("GET", "/healthz", ""); return status == 503 })
	if s := h.health(); s.OK || s.Scripts[0].Alive {
		t.Errorf("stuck: got %+v", s)
	}
	free()
	h.want("GET", "/healthz", "", 200, `"ok":true`)
}

func TestLogIsBoundedAndSafeForATerminal(t *testing.T) {
	h := start(t, `on("talk", function() for i = 1, 600 do print("line " .. i) end print("\27[2Jone\ntwo" .. string.rep("x", 9000)) log.debug("hush") end)`,
		Options{Level: slog.LevelInfo}, engine.Options{Wait: true})
	h.awaitStatus("waiting")
	h.want("POST", "/event", `{"type": "talk"}`, 202, "")
	h.until(bus.Print, "two")
	var lines []logLine
	testkit.Until(h.t, "the last line", func() bool {
		_, text := h.request("GET", "/log?format=json", "")
		if err := json.Unmarshal([]byte(text), &lines); err != nil {
			t.Fatal(err)
		}
		return strings.Contains(lines[len(lines)-1].Text, "two")
	})
	if len(lines) != maxLines || len(lines[len(lines)-1].Text) > maxLineBytes+10 || lines[0].Script != "a.lua" || lines[0].Level != "print" {
		t.Errorf("%d lines, the first %+v, the last of %d bytes", len(lines), lines[0], len(lines[len(lines)-1].Text))
	}
	_, text := h.request("GET", "/log?n=2", "")
	if strings.Contains(text, "\x1b") || !strings.Contains(text, "[2Jone\n  two") || strings.Count(text, "\n") != 3 || strings.Contains(text, "hush") {
		t.Errorf("got %q", text)
	}
}

func TestUnknownToolNamesAreCountedTogether(t *testing.T) {
	m := newMetrics()
	for i := range 1000 {
		m.note(bus.Event{Type: bus.ToolResult, Tool: fmt.Sprint("made_up_", i), IsError: true})
		m.note(bus.Event{Type: bus.ToolResult, Tool: fmt.Sprint("real_", i), Script: "a.lua", Orphaned: i == 0, ErrorType: "client_timeout"})
		m.note(bus.Event{Type: bus.Disconnected, Code: 3000 + i})
	}
	var text strings.Builder
	m.set.WritePrometheus(&text)
	if n := strings.Count(text.String(), "moonlark_tool_calls_total"); n > maxToolNames+4 {
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

// The test checks that Close returns soon although a request is in progress and a connection
// without a request is open.
func TestCloseDoesNotWaitForRequestsOrIdleConnections(t *testing.T) {
	started, release := make(chan struct{}), make(chan struct{})
	c := New(Options{Addr: "127.0.0.1:0"})
	agent := fakeAgent{silent: func(context.Context) []string { close(started); <-release; return nil }}
	if err := c.Open(t.Context(), agent); err != nil {
		t.Fatal(err)
	}
	idle, err := net.Dial("tcp", strings.TrimPrefix(c.URL(), "http://"))
	if err != nil {
		t.Fatal(err)
	}
	defer idle.Close()
	answered := make(chan struct{})
	go func() {
		defer close(answered)
		if answer, err := http.Get(c.URL() + "/healthz"); err == nil {
			answer.Body.Close()
		}
		http.DefaultClient.CloseIdleConnections()
	}()
	<-started
	began := time.Now()
	c.Close()
	if took := time.Since(began); took > time.Second {
		t.Errorf("Close took %v", took)
	}
	<-answered
	close(release)
}
