package inspector

import (
	"context"
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
	"moonlark/engine/pins/sim"
	"moonlark/engine/testkit"
	"moonlark/engine/testkit/browser"
)

var chromium *browser.Browser

func TestMain(m *testing.M) { os.Exit(browser.Main(m, &chromium)) }

// A fixture is an engine with one script and the embedded agent, and a server with the inspector.
type fixture struct {
	t      *testing.T
	engine *engine.Engine
	stream *web.Stream
	bus    *bus.Bus
	path   string // of the script
	url    string
	opts   control.Options
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
func start(t *testing.T, source string, opts control.Options) *fixture {
	t.Helper()
	return startWith(t, source, opts, nil)
}

// startWith is like start. The script may use the simulated pins of the chip, unless it is nil.
func startWith(t *testing.T, source string, opts control.Options, chip *sim.Chip) *fixture {
	t.Helper()
	f := &fixture{t: t, bus: new(bus.Bus), path: filepath.Join(t.TempDir(), "lights.lua"), opts: opts}
	f.write(source)
	f.stream = web.NewStream(web.StreamOptions{Version: "v1"})
	f.sub = f.stream.Watch(f.bus)
	var err error
	with := engine.Options{Scripts: []string{f.path}, TextOnly: true, Bus: f.bus, Watch: true, Wait: true, Pins: chip}
	with.Permissions.Grants = permit.All("the test")
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
	for _, m := range Mounts(s, f.engine.Remote()) {
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
