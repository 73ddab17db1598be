package mcp_test

import (
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"moonlark/engine/mcpclient"
	"moonlark/engine/permit"
	"moonlark/engine/script"
	"moonlark/engine/testkit"
	"moonlark/engine/testkit/fakemcp"
	"moonlark/engine/tool"
	"moonlark/luastd/luastdtest"
)

func TestAScriptCallsTools(t *testing.T) {
	t.Parallel()
	s := open(t, `notes = mcp.server "notes"`, luastdtest.Options{})
	s.Run(`notes:call("echo", {text = "wait until it is ready"})`)
	for code, want := range map[string]string{
		`local r = notes:call("echo", {text = "hello"}) return r.text, r.data, #r.content, r.content[1].type`:                         "hello, nil, 1, text",
		`local r = notes:call("add", {a = 1, b = 2.5}) return r.text, r.data.sum`:                                                     `{"sum":3.5}, 3.5`,
		`local r = notes:call("image") return #r.content, r.content[2].type, r.content[2].mime, #r.content[2].data, r.content[5].uri`: "6, image, image/png, 12288, file:///a.txt",
		`return notes:call("fail", {})`:                                        "nil, the disk is full, failed",
		`return notes:call("ecco")`:                                            "nil, not_found: the MCP server notes has no tool ecco (did you mean 'echo'?), not_found",
		`return notes:call("slow", {seconds = 600}, {timeout = 0.1})`:          "nil, timeout: notes has not answered slow in time, timeout",
		`return notes:call("write_note", {name = "a", mood = json.null}).text`: "wrote a:  (no mood)",
		`return notes:call("echo", {"a"})`:                                     "a.lua:1: bad argument #3 to call (the arguments must be a table with the names of the parameters as keys, not a list)",
		`return notes.call("echo")`:                                            `a.lua:1: bad argument #1 to call (a server expected: use a colon, as in server:call("tool", {}))`,
		`return notes:call("echo", {}, {timeuot = 1})`:                         "a.lua:1: bad argument #4 to call (there is no field 'timeuot' (did you mean 'timeout'?); its fields are timeout)",
		`return notes:status()`:                                                "ready",
		`return tostring(notes), notes.name`:                                   "mcp server notes (ready), notes",
		`return mcp.server("nodes")`:                                           `a.lua:1: mcp.server: servers.json has no MCP server "nodes" (did you mean 'notes'?)`,
		`return mcp.server("notes") == notes`:                                  "false",
	} {
		if got := s.Run(code); got != want {
			t.Errorf("%s:\ngot  %s\nwant %s", code, got, want)
		}
	}
	if got := s.Run(`for _, t in ipairs(notes:tools()) do if t.name == "echo" then return t.description, t.parameters.properties.text.type end end`); got != "Returns the text, string" {
		t.Errorf("got %s", got)
	}
}

func TestNothingIsStartedWhileTheScriptLoads(t *testing.T) {
	t.Parallel()
	s, err := luastdtest.TryOpen(t, luastdtest.Options{Source: `mcp.server("notes"):call("echo")`, MCPServers: servers(t, "plain", nil)})
	if err == nil || !strings.Contains(err.Error(), "server:call: the script is still loading") {
		t.Errorf("got %v", err)
	}
	_ = s
	_, err = luastdtest.TryOpen(t, luastdtest.Options{Source: `mcp.server "notes"`})
	if err == nil || !strings.Contains(err.Error(), `there is no MCP server "notes": start with --mcp-servers=FILE, which names it`) {
		t.Errorf("got %v", err)
	}
}

// call calls a tool as the agent does.
func call(t *testing.T, s *luastdtest.Script, name, args string) tool.Result {
	t.Helper()
	answer := make(chan tool.Result, 1)
	s.Scripts.Call(&script.Call{ID: "c", Name: name, Args: json.RawMessage(args), Reply: func(_ *script.Call, r tool.Result) { answer <- r }})
	select {
	case r := <-answer:
		return r
	case <-time.After(testkit.Timeout):
		t.Fatal("no answer")
		return tool.Result{}
	}
}

func TestToolsAreOffered(t *testing.T) {
	t.Parallel()
	s := open(t, `mcp.server("notes"):offer {
		allow = {"e*", "write_*", "fail"}, describe = {echo = "Says it again"}, phrases = {echo = {"say {text}"}},
	}`, luastdtest.Options{MCPServers: servers(t, "plain", func(e *mcpclient.Entry) { e.Deny = []string{"exit"} })})
	if got, want := toolNames(s), "notes_echo notes_environment notes_fail notes_write_note"; got != want {
		t.Fatalf("got %s, want %s", got, want)
	}
	spec := s.Scripts.Tools()[1]
	if spec.Description != "Says it again" || spec.Phrases[0] != "say {text}" || !strings.HasSuffix(spec.Source, "test.lua:1") || spec.Parameters.Required[0] != "text" {
		t.Errorf("got %+v", spec)
	}
	for _, row := range []struct{ name, args, want string }{
		{"notes_echo", `{"text":"hello"}`, "hello"},
		{"notes_echo", `{}`, "! notes_echo: text is missing (string) external_client"},
		{"notes_write_note", `{"name":"a","mood":"HAPPY"}`, "wrote a:  (happy)"},
		{"notes_write_note", `{"name":"a","mood":"angry"}`, `! notes_write_note: mood must be one of happy, sad, not "angry" external_client`},
		{"notes_fail", ``, "! the disk is full external_server"},
	} {
		r := call(t, s, row.name, row.args)
		got := r.Text
		if r.IsError {
			got = "! " + got + " " + string(r.Type)
		}
		if got != row.want {
			t.Errorf("%s %s: got %q, want %q", row.name, row.args, got, row.want)
		}
	}
}

func TestAScriptCanNarrowTheRulesButNotWidenThem(t *testing.T) {
	t.Parallel()
	s := open(t, `notes = mcp.server("notes") notes:offer {allow = {"*"}, prefix = ""}`, luastdtest.Options{
		MCPServers: servers(t, "plain", func(e *mcpclient.Entry) { e.Allow, e.Deny = []string{"e*"}, []string{"exit"} }),
	})
	if got := toolNames(s); got != "echo environment" {
		t.Errorf("got %s", got)
	}
	if got := s.Run(`return notes:call("exit")`); got != "nil, denied: the rules of the MCP server notes do not allow its tool exit, denied" {
		t.Errorf("got %s", got)
	}
}

func TestOneToolCanStandForAll(t *testing.T) {
	t.Parallel()
	s := open(t, `mcp.server("notes"):offer {as = "notes", allow = {"echo", "fail"}, ask = {"write_note"}, description = "My notes."}`, luastdtest.Options{Approvals: answering()})
	if got := toolNames(s); got != "notes" {
		t.Fatalf("got %s", got)
	}
	if got := s.Scripts.Tools()[1].Description; !strings.HasPrefix(got, "My notes. The tools are:\n- echo: Returns the text Arguments: {") {
		t.Errorf("got %s", got)
	}
	for args, want := range map[string]string{
		`{"tool":"echo","arguments":"{\"text\":\"hello\"}"}`:       "hello",
		`{"tool":"echo","arguments":"{}"}`:                         "arguments: text is missing (string)",
		`{"tool":"echo","arguments":"text"}`:                       "arguments: the arguments are not JSON: invalid character 'e' in literal true (expecting 'r')",
		`{"tool":"exit"}`:                                          `notes: tool must be one of echo, fail, write_note, not "exit"`,
		`{"tool":"fail"}`:                                          "the disk is full",
		`{"tool":"write_note","arguments":"{\"name\":\"yes\"}"}`:   "wrote yes:  (no mood)",
		`{"tool":"write_note","arguments":"{\"name\":\"it no\"}"}`: "the user did not allow the call",
	} {
		if got := call(t, s, "notes", args).Text; got != want {
			t.Errorf("%s:\ngot  %s\nwant %s", args, got, want)
		}
	}
}

func TestSomebodyMustAllowACall(t *testing.T) {
	t.Parallel()
	source := `mcp.server("notes"):offer {allow = {"*"}, ask = {"write_*"}, prefix = ""}`
	s := open(t, source, luastdtest.Options{Approvals: answering()})
	if r := call(t, s, "write_note", `{"name":"yes"}`); r.IsError || r.Text != "wrote yes:  (no mood)" {
		t.Errorf("got %+v", r)
	}
	if r := call(t, s, "write_note", `{"name":"no"}`); r.Type != tool.UserRejected || r.Text != "the user did not allow the call" {
		t.Errorf("got %+v", r)
	}
	if r := call(t, s, "echo", `{"text":"no"}`); r.Text != "no" {
		t.Errorf("got %+v", r)
	}
	alone := open(t, source, luastdtest.Options{})
	if r := call(t, alone, "write_note", `{"name":"yes"}`); r.Type != tool.UserRejected || r.Text != "nobody is there to allow the call" {
		t.Errorf("got %+v", r)
	}
}

func TestLongAndEqualNamesOfTools(t *testing.T) {
	t.Parallel()
	fake := fakeTools{"a b", "a.b", strings.Repeat("x", 100)}
	s := luastdtest.Open(t, luastdtest.Options{Fakes: fake, Source: `mcp.server("notes"):offer {allow = {"*"}}`})
	if got := toolNames(s); !strings.HasPrefix(got, "notes_a_b notes_a_b_") || !strings.Contains(got, " notes_"+strings.Repeat("x", 49)+"_") {
		t.Errorf("got %s", got)
	}
	for _, spec := range s.Scripts.Tools() {
		if err := tool.CheckName(spec.Name); err != nil {
			t.Error(err)
		}
		if !strings.HasPrefix(spec.Name, "notes_") {
			continue
		}
		if r := call(t, s, spec.Name, `{}`); r.IsError {
			t.Errorf("%s: %s", spec.Name, r.Text)
		}
	}
}

func TestTheToolsFollowTheServer(t *testing.T) {
	t.Parallel()
	s := open(t, `notes = mcp.server("notes") notes:offer {allow = {"*"}, prefix = ""} changes = 0
		notes:on_change(function() changes = changes + 1 end)`, luastdtest.Options{})
	if got := toolNames(s); !strings.Contains(got, "echo") || strings.Contains(got, "extra") {
		t.Fatalf("got %s", got)
	}
	call(t, s, "change", `{}`)
	testkit.Until(t, "the new tools", func() bool {
		names := toolNames(s)
		return strings.Contains(names, "extra") && !strings.Contains(names, "echo")
	})
	if got := call(t, s, "extra", `{}`).Text; got != "extra" {
		t.Errorf("got %s", got)
	}
	testkit.Until(t, "a call of on_change", func() bool { return s.Run(`return changes > 0`) == "true" })
}

func TestAReloadChangesNothing(t *testing.T) {
	t.Parallel()
	for name, source := range map[string]string{
		"server":  `mcp.server("notes"):offer {allow = {"*"}, prefix = ""}`,
		"connect": fmt.Sprintf(`mcp.connect{command = %q, args = {"-test.run=^$"}, env = {%s = "plain"}, startup = 60}:offer {allow = {"*"}, prefix = ""}`, os.Args[0], fakemcp.Variable),
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := open(t, source, luastdtest.Options{Permissions: granted(permit.Run, os.Args[0])})
			before := toolNames(s)
			pid := environment(t, s)
			path := filepath.Join(s.Folder, "test.lua")
			for range 20 {
				if _, err := s.Scripts.Reload(path); err != nil {
					t.Fatal(err)
				}
				if got := toolNames(s); got != before || got == "" {
					t.Fatalf("the tools are %q, want %q", got, before)
				}
			}
			if got := environment(t, s); got != pid {
				t.Errorf("the server was started again: %s, %s", pid, got)
			}
		})
	}
}

// environment returns what is different for each process of the server.
func environment(t *testing.T, s *luastdtest.Script) string {
	t.Helper()
	return call(t, s, "process", `{}`).Text
}

func TestAScriptNeedsPermissionsForServersOfItsOwn(t *testing.T) {
	t.Parallel()
	s := luastdtest.Open(t, luastdtest.Options{Permissions: granted(permit.Net, "127.0.0.1")})
	for code, want := range map[string]string{
		`return mcp.connect{command = "/bin/true"}`:                               "a.lua:1: mcp.connect: test.lua may not run /bin/true. Start with --allow-run=/bin/true",
		`return mcp.connect{url = "https://example.com/mcp"}`:                     "a.lua:1: mcp.connect: test.lua may not connect to example.com:443. Start with --allow-net=example.com",
		`return mcp.connect{}`:                                                    "a.lua:1: bad argument #1 to connect (want command, for a program, or url, for a server that is reached by HTTP)",
		`return mcp.connect{url = "http://127.0.0.1:9/", headers = {Host = "x"}}`: "a.lua:1: bad argument #1 to connect (headers: the header Host is set by Moonlark itself)",
		`return mcp.connect{url = "http://127.0.0.1:9/", args = {}}`:              "a.lua:1: bad argument #1 to connect (args and env are for a command)",
		`return mcp.connect{comand = "x"}`:                                        "a.lua:1: bad argument #1 to connect (there is no field 'comand' (did you mean 'command'?); its fields are command, args, env, url, headers, bearer, name, allow, deny, timeout, startup, trust)",
	} {
		if got := s.Run(code); got != want {
			t.Errorf("%s:\ngot  %s\nwant %s", code, got, want)
		}
	}
}

func TestAScriptConnectsByHTTP(t *testing.T) {
	t.Parallel()
	server := fakemcp.New(fakemcp.Options{})
	handler := fakemcp.Handler(server)
	h := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.Header.Get("Authorization") != "Bearer right" {
			http.Error(w, "no", http.StatusUnauthorized)
			return
		}
		handler.ServeHTTP(w, r)
	}))
	defer h.Close()
	defer h.CloseClientConnections()
	s := luastdtest.Open(t, luastdtest.Options{
		Permissions: granted(permit.Net, "127.0.0.1"),
		Source:      fmt.Sprintf(`home = mcp.connect{url = %q, bearer = "right", name = "home"}`, h.URL),
	})
	if got := s.Run(`return home:call("echo", {text = "hello"}).text, home.name`); got != "hello, home" {
		t.Errorf("got %s", got)
	}
	s.Scripts.Close()
	for session := range server.Sessions() {
		session.Close()
	}
}
