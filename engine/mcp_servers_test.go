package engine

import (
	"context"
	"encoding/json"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"

	"moonlark/engine/bus"
	"moonlark/engine/mcpclient"
	"moonlark/engine/remote"
	"moonlark/engine/testkit"
	"moonlark/engine/testkit/fakemcp"
	"moonlark/engine/tool"
)

// A serverTest is an engine with a script that uses the MCP server "notes", a real program.
type serverTest struct {
	t *testing.T
	*remote.Remote
	mu     sync.Mutex // guards events
	events []bus.Event
}

// withServer runs the script, and calls use when the tools of the server are there.
func withServer(t *testing.T, source string, use func(*serverTest)) {
	t.Helper()
	path := filepath.Join(t.TempDir(), "a.lua")
	if err := os.WriteFile(path, []byte(source), 0o600); err != nil {
		t.Fatal(err)
	}
	servers := mcpclient.NewServers("servers.json", []*mcpclient.Entry{{
		Name: "notes", Command: os.Args[0], Args: []string{"-test.run=^$"}, Startup: testkit.Timeout, Timeout: testkit.Timeout,
		Env: []string{fakemcp.Variable + "=plain", "GORACE=atexit_sleep_ms=0"},
	}}, nil)
	defer servers.Close()
	s := &serverTest{t: t}
	events := new(bus.Bus)
	defer events.Subscribe(nil, func(e bus.Event) {
		s.mu.Lock()
		defer s.mu.Unlock()
		s.events = append(s.events, e)
	}).Close(testkit.Timeout)
	err := RunScripts(t.Context(), Options{Scripts: []string{path}, Bus: events, MCPServers: servers}, func(_ context.Context, r *remote.Remote) error {
		s.Remote = r
		testkit.Until(t, "the tools of the server", func() bool { return len(r.Tools()) > 0 && s.last(bus.ToolsChanged) != nil })
		use(s)
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
}

// last returns the last event of this type, or nil.
func (s *serverTest) last(kind bus.Type) *bus.Event {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, e := range slices.Backward(s.events) {
		if e.Type == kind {
			return &e
		}
	}
	return nil
}

// call calls the tool write_note. asked is called when somebody must allow the call.
func (s *serverTest) call(name string, asked func()) tool.Result {
	s.t.Helper()
	result := make(chan tool.Result, 1)
	before := s.last(bus.Approval)
	go func() {
		r, _ := s.Call(s.t.Context(), "notes_write_note", json.RawMessage(`{"name":"`+name+`"}`))
		result <- r
	}()
	if asked != nil {
		testkit.Until(s.t, "the question", func() bool {
			e := s.last(bus.Approval)
			return e != nil && (before == nil || e.CallID != before.CallID)
		})
		asked()
	}
	return <-result
}

const asking = `mcp.server("notes"):offer {ask = {"write_note"}}
`

func TestAPersonAllowsTheCallOfATool(t *testing.T) {
	t.Parallel()
	withServer(t, asking, func(s *serverTest) {
		if names := s.last(bus.ToolsChanged).Tools; !slices.Equal(names, []string{"notes_write_note"}) {
			t.Errorf("the tools are %q", names)
		}
		if n := s.Health().Scripts[0].Tools; n != 1 {
			t.Errorf("the script has %d tools", n)
		}
		if r := s.call("a", nil); r.Type != tool.UserRejected || r.Text != "nobody is there to allow the call" {
			t.Errorf("got %+v", r)
		}
		leave := s.AttendApprovals(true)
		r := s.call("a", func() {
			e := s.last(bus.Approval)
			if e.Text != `may write_note of the MCP server notes be called with {"name":"a"}?` || e.Hint != "type y or n" || e.Tool != "write_note" {
				t.Errorf("got %+v", e)
			}
			for _, row := range []struct {
				text string
				want bool
			}{{"yesterday", false}, {" Y ", true}, {"y", false}} {
				if got, err := s.AnswerApproval(row.text); got != row.want || err != nil {
					t.Errorf("%q: got %v, %v", row.text, got, err)
				}
			}
		})
		if r.IsError || !strings.HasPrefix(r.Text, "wrote a") {
			t.Errorf("got %+v", r)
		}
		if r := s.call("b", func() { s.AnswerApproval("no") }); r.Type != tool.UserRejected {
			t.Errorf("got %+v", r)
		}
		leave()
		leave()
		if r := s.call("c", nil); r.Text != "nobody is there to allow the call" {
			t.Errorf("got %+v", r)
		}
	})
}

func TestAScriptAllowsTheCallOfATool(t *testing.T) {
	t.Parallel()
	withServer(t, asking+`on("mcp_tool_call", function(e)
		if e.state ~= "awaiting_approval" or e.service_id ~= "notes" or e.tool_name ~= "write_note" then return end
		print(session.approve(e.tool_call_id, e.parameters.name == "a"))
		print(session.approve(e.tool_call_id, true))
	end)`, func(s *serverTest) {
		if r := s.call("a", nil); r.IsError || !strings.HasPrefix(r.Text, "wrote a") {
			t.Errorf("got %+v", r)
		}
		if r := s.call("b", nil); r.Type != tool.UserRejected || r.Text != "the user did not allow the call" {
			t.Errorf("got %+v", r)
		}
	})
}
