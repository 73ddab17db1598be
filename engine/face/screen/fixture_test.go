package screen_test

import (
	"encoding/json"
	"log/slog"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"moonlark/engine/bus"
	"moonlark/engine/face/control"
	face "moonlark/engine/face/screen"
	"moonlark/engine/face/web"
	"moonlark/engine/health"
	"moonlark/engine/remote"
	"moonlark/engine/screen"
	"moonlark/engine/script"
	"moonlark/engine/testkit"
	"moonlark/engine/testkit/browser"
)

var chromium *browser.Browser

func TestMain(m *testing.M) {
	os.Exit(browser.Main(m, &chromium, "host-resolver-rules=MAP kiosk.test 127.0.0.1"))
}

// A kiosk is a script with a screen, served over HTTP. There is no conversation: tests publish its events.
type kiosk struct {
	t       *testing.T
	url     string
	folder  string
	scripts *script.Scripts
	screen  *screen.Screen
	bus     *bus.Bus
	agent   *talking
	control *control.Control
}

// talking is the agent of a machine with a speaker, which the machine of the test may not have.
type talking struct {
	*remote.Remote
	quiet bool // there is no speaker
}

func (a *talking) Health() health.Report {
	r := a.Remote.Health()
	if !a.quiet {
		r.Speaker = &health.Device{Name: "test"}
	}
	return r
}

func (a *talking) Levels() (speaker, microphone float64, err error) { return -20, -26, nil }

// open serves a kiosk with this script. version is that of the program.
func open(t *testing.T, source string, more ...func(*control.Options)) *kiosk {
	t.Helper()
	k := &kiosk{t: t, folder: t.TempDir(), screen: screen.New(nil), bus: new(bus.Bus)}
	k.screen.Observe(func(e screen.Event) { k.bus.Publish(bus.FromScreen(e)) })
	k.bus.Attach(bus.Receiver{
		Wants: func(t bus.Type, _ string) bool { return t == bus.Touch || t == bus.ScreenPage },
		Receive: func(e bus.Event) {
			data, _ := json.Marshal(e.ScriptFields()) // they are strings, numbers and booleans
			k.scripts.Dispatch(script.Event{Type: e.ScriptName(), Data: data})
		},
	})
	k.scripts = script.New(script.Options{Screen: k.screen, Print: func(_, text string) { t.Log(text) },
		Log: func(_ string, level slog.Level, text string) { t.Log(level, text) }})
	t.Cleanup(k.scripts.Close)
	r := new(remote.Remote)
	r.Connect(remote.Parts{Bus: k.bus, Scripts: k.scripts, Screen: k.screen, Reload: func(...string) {}})
	k.agent = &talking{Remote: r}
	if err := os.WriteFile(k.path(), []byte(source), 0o600); err != nil {
		t.Fatal(err)
	}
	k.serve("1.0", more...)
	if _, err := k.scripts.Load(k.path()); err != nil {
		t.Fatal(err)
	}
	testkit.Until(t, "a document", func() bool { return k.screen.Document().Revision > 0 || !strings.Contains(source, "screen.") })
	return k
}

func (k *kiosk) path() string { return filepath.Join(k.folder, "kiosk.lua") }

// serve starts the HTTP server, at the address of the one before if there was one.
func (k *kiosk) serve(version string, more ...func(*control.Options)) {
	k.t.Helper()
	server := face.New(version)
	watching := server.Watch(k.bus)
	opts := control.Options{Addr: "127.0.0.1:0", Log: slog.New(slog.DiscardHandler)}
	if k.url != "" {
		opts.Addr = strings.TrimPrefix(k.url, "http://")
	}
	for _, f := range more {
		f(&opts)
	}
	k.control = control.New(opts)
	shared := web.SharedFiles()
	k.control.Mount(control.Mount{Path: "/web/", Handler: shared, Public: true, ForScreen: true, MaxOpen: 32})
	k.control.Mount(control.Mount{Path: "/favicon.ico", Handler: shared, Public: true, ForScreen: true})
	for _, m := range server.Mounts(k.agent) {
		k.control.Mount(m)
	}
	if err := k.control.Open(k.t.Context(), k.agent.Remote); err != nil {
		k.t.Fatal(err)
	}
	k.t.Cleanup(k.control.Close)
	k.t.Cleanup(func() { watching.Close(0) })
	k.url = k.control.URL()
}

// conversation publishes the events of a conversation in this state.
func (k *kiosk) conversation(state string) {
	status := bus.Event{Type: bus.Status, Status: "connected"}
	user := bus.Event{Type: bus.User, Text: "When does the next ferry to Sula leave?"}
	reply := "The next ferry to Sula leaves at a quarter past five, from gate three. Boarding starts in fifteen minutes."
	publish := func(events ...bus.Event) {
		for _, e := range append([]bus.Event{status, {Type: bus.Connected, ConversationID: "c"}}, events...) {
			k.bus.Publish(e)
		}
	}
	switch state {
	case "waiting":
		k.bus.Publish(bus.Event{Type: bus.Disconnected})
		k.bus.Publish(bus.Event{Type: bus.Status, Status: "waiting"})
	case "listening":
		publish()
	case "hearing":
		on := true
		publish(bus.Event{Type: bus.Hearing, On: &on})
	case "thinking":
		publish(user, bus.Event{Type: bus.ToolCall, Tool: "timetable", CallID: "1"})
	case "speaking":
		publish(user, bus.Event{Type: bus.Agent, Text: reply, EventID: 1}, bus.Event{Type: bus.Speaking, EventID: 1},
			bus.Event{Type: bus.Spoken, EventID: 1, Text: "The next ferry to Sula leaves at a quarter past five,"})
	case "interrupted":
		publish(user, bus.Event{Type: bus.Agent, Text: reply, EventID: 1}, bus.Event{Type: bus.Speaking, EventID: 1},
			bus.Event{Type: bus.Spoken, EventID: 1, Text: "The next ferry to Sula"}, bus.Event{Type: bus.Silent, EventID: 1, Interrupted: true})
	}
}

// request sends a request and returns the status and the body.
func (k *kiosk) request(method, path, body string, header ...string) (int, string) {
	k.t.Helper()
	if method == http.MethodPost {
		header = append([]string{"Content-Type", "application/json"}, header...)
	}
	status, _, text := testkit.Request(k.t, method, k.url+path, body, header...)
	return status, text
}

// harbour is the script of most tests: the kiosk of a harbour.
const harbour = `
screen.setup { title = "Harbour House", linger = 0, theme = { accent = "#f1d08a" } }
screen.idle { title = "Ask me about the harbour.", hint = "Touch the screen, or say “Hey Luna”.", asks = { "When is the next ferry to Sula?", "How high is the water?" } }
register_tool { name = "timetable", title = "Looking at the timetable", description = "x", handler = function() return "" end }
function show()
  screen.show {
    { text = "Next ferry to Sula", style = "eyebrow" },
    { big = "17:15", badge = "in 34 min", id = "next" },
    { text = "Gate 3 · boarding from 16:55", style = "lead" },
    { chart = { kind = "line", x = { 12, 13, 14, 15, 16, 17, 18, 19, 20, 21, 22, 23 }, y = { 0.4, 0.6, 1.0, 1.4, 1.7, 1.8, 2.1, 2.3, 2.2, 1.9, 1.4, 0.9 }, unit = "m" },
      title = "Water at Sula Pier", alt = "The tide today: high water 2.3 metres at 19 o'clock" },
    { list = { { "18:40", "Gate 3" }, { "20:05", "Gate 1" }, { "21:30", "Gate 1, the last today" } } },
    { qr = "https://harbour.example/sula", caption = "Take it with you", detail = "Timetable and tickets,\non your phone" },
    { buttons = { { "Buy a ticket", primary = true, on_press = function(e) screen.note("Ticket for " .. e.value) end, value = "Sula" },
      { "The way to gate 3", say = "Where is gate 3?" }, { "Whole timetable", on_press = function() screen.show { { text = "All ferries", style = "title" } } end } } },
  }
end
show()
`
