package cli

import (
	"context"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"

	"moonlark/engine"
	"moonlark/engine/bus"
	"moonlark/engine/fleet/host"
	"moonlark/engine/fleet/identity"
	"moonlark/engine/fleet/nats"
	"moonlark/engine/testkit"
)

// A testHost is a host in the process of the test, whose conversations have the embedded agent.
type testHost struct {
	carrier *nats.Host
	stop    func() // ends the host, and returns when it has ended

	mu   sync.Mutex // guards text
	text strings.Builder
}

func startHost(t *testing.T, o nats.Options, script string) *testHost {
	t.Helper()
	carrier, err := nats.DialHost(o)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(carrier.Close)
	h := &testHost{carrier: carrier}
	if err := carrier.Await(t.Context()); err != nil {
		t.Fatal(err)
	}
	ttl, err := carrier.TTL(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	events := new(bus.Bus)
	shown := events.Subscribe(nil, func(e bus.Event) {
		h.mu.Lock()
		defer h.mu.Unlock()
		h.text.WriteString(e.Text + "\n")
	})
	path := filepath.Join(t.TempDir(), "agent.lua")
	if err := os.WriteFile(path, []byte(script), 0o600); err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(context.Background())
	var running sync.WaitGroup
	running.Go(func() {
		host.New(host.Options{
			ID: carrier.Name(), Carrier: carrier, Slots: 5, TTL: ttl, Log: events.Logger(""),
			Engine: &hostedEngine{opts: engine.Options{Scripts: []string{path}, TextOnly: true, Reconnect: true, Retry: true}, events: events},
		}).Run(ctx)
	})
	h.stop = sync.OnceFunc(func() {
		cancel()
		running.Wait()
		shown.Close(testkit.Timeout)
	})
	t.Cleanup(h.stop)
	return h
}

// shows waits until the host has shown a text.
func (h *testHost) shows(t *testing.T, text string) {
	t.Helper()
	testkit.Until(t, h.carrier.Name()+" shows "+text, func() bool {
		h.mu.Lock()
		defer h.mu.Unlock()
		return strings.Contains(h.text.String(), text)
	})
}

// An operator starts conversations on hosts, with a real hub. When a host ends, another one goes on.
func TestAnOperatorStartsConversationsOnHosts(t *testing.T) {
	t.Parallel()
	folder, err := identity.Init(filepath.Join(t.TempDir(), "shop"), "shop")
	if err != nil {
		t.Fatal(err)
	}
	creds := make(map[string][]byte)
	for name, role := range map[string]identity.Role{"anna": identity.Operator, "centre": identity.Hub, "host-1": identity.Host, "host-2": identity.Host} {
		if creds[name], err = folder.Credentials(role, name, nil); err != nil {
			t.Fatal(err)
		}
	}
	url := startHub(t, folder)
	hub, err := nats.DialCenter(t.Context(), nats.Options{URL: url, Creds: creds["centre"]})
	if err != nil {
		t.Fatal(err)
	}
	defer hub.Close()
	if err := hub.Layout(t.Context(), 0); err != nil {
		t.Fatal(err)
	}
	o := newOperatorTest(t, 0)
	o.dialHub = dialHub
	o.file(hubURLFile, url+"\n")
	o.file("operator.creds", string(creds["anna"]))
	o.fails("no host is connected", "fleet", "host", "start", "c-1")

	const script = `
register_tool { name = "note", description = "Notes it.", phrases = {"note it"}, handler = function()
	print("noted by " .. conversation.id .. (conversation.fence > 0 and "" or " without a fence"))
	return "noted"
end }
on("reconnected", function() print("goes on") end)`
	first := startHost(t, nats.Options{URL: url, Creds: creds["host-1"]}, script)
	testkit.Until(t, "the host is known", func() bool { return strings.Contains(o.ok("fleet", "host", "list"), "host-1") })
	o.has(o.ok("fleet", "host", "start", "c-1", "--message", "note it", "--set", "language=en"), "c-1 is on host-1\n")
	first.shows(t, "c-1: noted by c-1\n")
	o.has(o.ok("fleet", "host", "list"), "conversation c-1 on host-1\n")
	o.fails("the host has the conversation already", "fleet", "host", "start", "c-1")
	testkit.Until(t, "what was said is stored", func() bool {
		turns, err := first.carrier.Turns(t.Context(), "c-1")
		return err == nil && len(turns) >= 3 // the greeting, the message and the reply
	})

	second := startHost(t, nats.Options{URL: url, Creds: creds["host-2"]}, script)
	testkit.Until(t, "the other host is known", func() bool { return strings.Contains(o.ok("fleet", "host", "list"), "host-2") })
	first.stop()
	second.shows(t, "c-1: goes on\n")
	o.ok("fleet", "host", "say", "c-1", "note", "it")
	second.shows(t, "c-1: noted by c-1\n")
	o.has(o.ok("fleet", "host", "list"), "conversation c-1 on host-2\n")
	o.fails("no host has this conversation", "fleet", "host", "say", "c-2", "hello")
	o.fails("id: ", "fleet", "host", "start", "C.1")
}

func TestAnAgentIsToldTheNewestThatWasSaid(t *testing.T) {
	m := new(memory)
	if text := m.text(); text != "" {
		t.Errorf("without turns: %q", text)
	}
	m.add(host.Agent, "hello")
	m.add(host.User, "")
	m.add(host.User, "a table for two")
	if text := m.text(); !strings.HasSuffix(text, "answered:\nagent: hello\nuser: a table for two") {
		t.Errorf("got %q", text)
	}
	for range host.MaxTurns {
		m.add(host.User, strings.Repeat("x", 5000))
	}
	if text := m.text(); len(text) > maxResume+200 || strings.Contains(text, "hello") {
		t.Errorf("%d bytes", len(text))
	}
	m.add(host.Agent, strings.Repeat("y", 2*maxResume))
	if text := m.text(); !strings.HasSuffix(text, "yyy…") || len(m.turns[host.MaxTurns-1].Text) > host.MaxText+3 {
		t.Errorf("after a long text: %d bytes", len(text))
	}
}

func TestWrongFlagsOfAHostAreNamed(t *testing.T) {
	for flags, want := range map[string]string{
		"--slots 0":                   "--slots 0: want 1 to 10000",
		"--starting 0":                "--starting 0: want 1 to 10000",
		"--drain=-1s":                 "--drain, --idle and --max-length: want 0s or more",
		"--realtime openai:x --local": "--realtime: the conversations of a host are text only",
		"--llm ollama:x --agent a":    "--llm is for the embedded agent",
	} {
		args := append([]string{"host", "--fleet", "nats://127.0.0.1:1", "--fleet-creds", "a.creds", "agent.lua"}, strings.Fields(flags)...)
		parsed, err := newParser(newConsole()).Parse(args)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := parsed.Selected().Target.Addr().Interface().(*hostCommand).options(); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: %v", flags, err)
		}
	}
}
