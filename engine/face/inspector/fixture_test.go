package inspector

import (
	"context"
	"encoding/json"
	"net"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"moonlark/engine"
	"moonlark/engine/agentsettings"
	"moonlark/engine/bus"
	"moonlark/engine/face/control"
	"moonlark/engine/face/web"
	"moonlark/engine/permit"
	"moonlark/engine/script"
	"moonlark/engine/testkit"
	"moonlark/engine/testkit/browser"
)

var chromium *browser.Browser

func TestMain(m *testing.M) { os.Exit(browser.Main(m, &chromium)) }

// A fixture is an engine with one script and the embedded agent, and a server with the inspector.
type fixture struct {
	t      testing.TB
	engine *engine.Engine
	stream *web.Stream
	bus    *bus.Bus
	path   string // of the script
	url    string
	opts   control.Options
	page   Options // of Mounts; a test may change them before restart
	server *control.Control
	sub    *bus.Subscription
}

const lights = `
register_tool("set_light", { description = "Turns a light on or off", phrases = { "light in the {room} please" }, parameters = {
  room = { type = "string", enum = { "hall", "kitchen" } },
  on = { type = "boolean", optional = true },
  level = { type = "integer", optional = true, minimum = 0, maximum = 100, description = "brightness in percent" },
  scene = { type = "object", optional = true, properties = { name = "string", speed = { type = "number", optional = true } } },
  colours = { type = "array", items = "string", optional = true },
} }, function(a) state.room = a.room return a end)
register_tool("tide_at", { description = "The water at a place", phrases = { "water at {place}" }, parameters = { place = "string" } },
  function(a) return nil, 'no tide station "' .. a.place .. '"' end)
register_tool("plain", { phrases = { "plain please" }, parameters = {} }, function() return "plain text" end)
register_tool("anything", function(a) return a end)
`

// start starts an engine with the script, and the server.
func start(t testing.TB, source string, opts control.Options) *fixture {
	t.Helper()
	return startWith(t, source, opts, nil)
}

// startWith is like start. change, unless it is nil, changes the options of the engine.
func startWith(t testing.TB, source string, opts control.Options, change func(*engine.Options)) *fixture {
	t.Helper()
	f := &fixture{t: t, bus: new(bus.Bus), path: filepath.Join(t.TempDir(), "lights.lua"), opts: opts}
	f.write(source)
	f.stream = web.NewStream(web.StreamOptions{Version: "v1"})
	f.sub = f.stream.Watch(f.bus)
	var err error
	with := engine.Options{Scripts: []string{f.path}, TextOnly: true, Bus: f.bus, Watch: true, Wait: true}
	with.Permissions.Grants = []permit.Grant{{Kind: permit.GPIO, Source: "the test"}}
	if change != nil {
		change(&with)
	}
	f.engine, err = engine.New(with)
	if err != nil {
		t.Fatal(err)
	}
	f.stream.SetAgent(f.engine.Remote())
	f.opts.Addr = "127.0.0.1:0"
	f.serve()
	ctx, cancel := context.WithCancel(context.Background())
	done := make(chan struct{})
	go func() {
		defer close(done)
		f.engine.Run(ctx)
	}()
	t.Cleanup(func() {
		cancel()
		<-done
		f.sub.Close(time.Second)
		f.server.Close()
	})
	testkit.Until(t, "the scripts are loaded", func() bool { return f.engine.Remote().Status() == "waiting" })
	return f
}

// serve starts the server.
func (f *fixture) serve() {
	f.t.Helper()
	f.server = control.New(f.opts)
	f.mount(f.stream)
	if err := f.server.Open(context.Background(), f.engine.Remote()); err != nil {
		f.t.Fatal(err)
	}
	f.url = f.server.URL()
}

func (f *fixture) mount(s *web.Stream) {
	f.server.Mount(control.Mount{Path: "/web/", Handler: web.SharedFiles(), Public: true})
	f.page.Tabs = script.Tabs()
	for _, m := range Mounts(s, f.engine.Remote(), f.page) {
		f.server.Mount(m)
	}
}

// restart ends the server and starts another one on the same address, with this stream.
func (f *fixture) restart(s *web.Stream) {
	f.t.Helper()
	f.server.Close()
	f.stream = s
	f.opts.Addr = strings.TrimPrefix(f.url, "http://")
	testkit.Until(f.t, "the address is free", func() bool {
		l, err := net.Listen("tcp", f.opts.Addr)
		if err == nil {
			l.Close()
		}
		return err == nil
	})
	f.serve()
}

func (f *fixture) write(source string) {
	f.t.Helper()
	if err := os.WriteFile(f.path, []byte(source), 0o644); err != nil {
		f.t.Fatal(err)
	}
}

// converse starts a conversation.
func (f *fixture) converse() {
	f.t.Helper()
	if err := f.engine.Remote().Start(agentsettings.Settings{}, false); err != nil {
		f.t.Fatal(err)
	}
	testkit.Until(f.t, "a conversation", func() bool { return f.engine.Remote().Status() == "connected" })
}

func (f *fixture) say(text string) {
	f.t.Helper()
	testkit.Until(f.t, "the agent hears "+text, func() bool { return f.engine.Remote().Say(text) == nil })
}

// showConversation makes the server show another stream, which has the events of play and the state of agent.
func (f *fixture) showConversation(agent web.Agent) *web.Stream {
	f.t.Helper()
	s := web.NewStream(web.StreamOptions{Version: "v1"})
	s.SetAgent(agent)
	play(s)
	f.restart(s)
	return s
}

// showRecording replaces the server by one that shows the events of s as a recording, and has these further
// mounts.
func (f *fixture) showRecording(s *web.Stream, further ...control.Mount) {
	f.t.Helper()
	s.AddField("replay", func() any { return "2026.jsonl" })
	f.server.Close()
	f.server = control.New(control.Options{Addr: "127.0.0.1:0"})
	f.server.Mount(control.Mount{Path: "/web/", Handler: web.SharedFiles(), Public: true})
	for _, m := range append(Mounts(s, nil, Options{Tabs: script.Tabs()}), further...) {
		f.server.Mount(m)
	}
	if err := f.server.Open(f.t.Context(), f.engine.Remote()); err != nil {
		f.t.Fatal(err)
	}
	f.url = f.server.URL()
}

// play adds events of a conversation by voice to the stream, with times in seconds after its beginning.
func play(s *web.Stream) {
	latency := bus.LatencyTracker{Sound: true}
	began := time.Date(2026, 5, 1, 12, 36, 53, 0, time.UTC)
	note := func(at float64, e bus.Event) {
		e.Time = began.Add(time.Duration(at * float64(time.Second)))
		s.Note(e)
		if known, ok := latency.Note(e); ok {
			s.Note(known)
		}
	}
	tide, wrong, light := `{"metres": 1.8, "rising": true}`, `no tide station "Sula"; there is "Sula Pier"`, "The hall light is on."
	note(0, bus.Event{Type: bus.Connecting, Target: "agent", URL: "wss://api.elevenlabs.io"})
	note(0, bus.Event{Type: bus.Status, Status: "connecting"})
	note(0.5, bus.Event{Type: bus.Connected, ConversationID: "conv_1"})
	note(0.5, bus.Event{Type: bus.Status, Status: "connected"})
	hears := func(at float64, on bool, ago float64) {
		note(at, bus.Event{Type: bus.Hearing, On: &on, Source: "microphone", Seconds: ago})
	}
	hears(2.1, true, 0.1)
	hears(4.4, false, 0.4)
	note(4.41, bus.Event{Type: bus.User, Text: "Could you turn on the lights in the hall?", EventID: 1})
	note(4.93, bus.Event{Type: bus.ToolCall, Tool: "set_light", CallID: "call_1", Args: json.RawMessage(`{"room":"hall","on":true}`), Script: "lights.lua"})
	note(4.94, bus.Event{Type: bus.ToolResult, Tool: "set_light", CallID: "call_1", Result: &light, Seconds: 0.0004, CPU: 0.0003, Script: "lights.lua"})
	note(5.24, bus.Event{Type: bus.AgentPart, Text: "The hall ", EventID: 2, Part: "start"})
	note(5.3, bus.Event{Type: bus.Agent, Text: "The hall light is on.", EventID: 2})
	note(5.48, bus.Event{Type: bus.Speaking, EventID: 2})
	note(6.6, bus.Event{Type: bus.Silent, EventID: 2})
	hears(10.1, true, 0.1)
	hears(11.8, false, 0.3)
	note(11.85, bus.Event{Type: bus.User, Text: "And how high is the water at Sula?", EventID: 3})
	note(12.26, bus.Event{Type: bus.ToolCall, Tool: "tide_at", CallID: "call_2", Args: json.RawMessage(`{"place":"Sula"}`), Script: "lights.lua"})
	note(12.57, bus.Event{Type: bus.ToolResult, Tool: "tide_at", CallID: "call_2", Result: &wrong, IsError: true, ErrorType: "external_client", Seconds: 0.311, CPU: 0.002})
	note(12.95, bus.Event{Type: bus.ToolCall, Tool: "tide_at", CallID: "call_3", Args: json.RawMessage(`{"place":"Sula Pier"}`), Script: "lights.lua"})
	note(13.22, bus.Event{Type: bus.ToolResult, Tool: "tide_at", CallID: "call_3", Result: &tide, Seconds: 0.271, CPU: 0.001})
	note(13.58, bus.Event{Type: bus.Agent, Text: "The water stands at one metre eighty, and it is rising. Shall I tell you when it falls?", EventID: 4})
	note(13.78, bus.Event{Type: bus.Speaking, EventID: 4})
	note(16, bus.Event{Type: bus.Interruption, EventID: 4})
	note(16, bus.Event{Type: bus.Silent, EventID: 4, Interrupted: true})
	note(16.1, bus.Event{Type: bus.AgentCorrected, Text: "The water stands at one metre eighty, and it is rising.", EventID: 4})
	note(17, bus.Event{Type: bus.ReloadFailed, Script: "lights.lua", Text: "/tmp/x/lights.lua:18: '}' expected near 'handler'"})
	note(18, bus.Event{Type: bus.Reloaded, Script: "lights.lua", Tools: []string{"a", "b", "c"}, Seconds: 0.004})
	note(19, bus.Event{Type: bus.Log, Level: "warn", Text: "the network is slow"})
	note(19, bus.Event{Type: bus.Print, Script: "lights.lua", Text: "hall on"})
}
