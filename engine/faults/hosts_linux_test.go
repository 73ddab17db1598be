package faults

import (
	"context"
	"fmt"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/nats-io/jwt/v2"
	"github.com/nats-io/nats-server/v2/server"
	"github.com/nats-io/nkeys"

	"moonlark/engine/fleet/host"
	"moonlark/engine/fleet/nats"
	"moonlark/engine/testkit"
)

// A hostFleet has a hub, and a web server to which the tools of conversations send what they do.
type hostFleet struct {
	t      *testing.T
	hub    string // URL
	folder string
	caller *nats.Host
	web    *httptest.Server

	mu       sync.Mutex        // guards the fields below
	fences   map[string]uint64 // the greatest fence that the web server has seen, by the ID of the conversation
	counts   map[string]int    // how many requests it has accepted, by the ID of the conversation
	outdated int               // how many requests it has refused, because they came from an old holder
}

func newHostFleet(t *testing.T, lease time.Duration) *hostFleet {
	f := &hostFleet{t: t, folder: t.TempDir(), fences: map[string]uint64{}, counts: map[string]int{}}
	s, err := server.NewServer(&server.Options{
		JetStream: true, StoreDir: filepath.Join(f.folder, "hub"), SyncAlways: true, Host: "127.0.0.1", Port: server.RANDOM_PORT, NoLog: true, NoSigs: true,
	})
	if err != nil {
		t.Fatal(err)
	}
	s.Start()
	t.Cleanup(func() { s.Shutdown(); s.WaitForShutdown() })
	if !s.ReadyForConnections(testkit.Timeout) {
		t.Fatal("the hub does not start")
	}
	f.hub = "nats://" + s.Addr().String()
	f.web = httptest.NewServer(http.HandlerFunc(f.note))
	t.Cleanup(f.web.Close)
	options := nats.Options{URL: f.hub, Creds: f.creds("office")}
	center, err := nats.DialCenter(t.Context(), options)
	if err != nil {
		t.Fatal(err)
	}
	defer center.Close()
	if err := center.Layout(t.Context(), lease); err != nil {
		t.Fatal(err)
	}
	if f.caller, err = nats.DialHost(options); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(f.caller.Close)
	if err := f.caller.Await(t.Context()); err != nil {
		t.Fatal(err)
	}
	return f
}

// note keeps what the tool of a conversation does, unless the conversation has another holder already.
func (f *hostFleet) note(w http.ResponseWriter, r *http.Request) {
	id := r.FormValue("id")
	fence, err := strconv.ParseUint(r.FormValue("fence"), 10, 64)
	f.mu.Lock()
	defer f.mu.Unlock()
	switch {
	case err != nil || fence == 0:
		f.t.Errorf("%s has the fence %q", id, r.FormValue("fence"))
	case fence < f.fences[id]:
		f.outdated++
		http.Error(w, "another host has the conversation", http.StatusConflict)
	default:
		f.fences[id] = fence
		f.counts[id]++
	}
}

// creds returns credentials with this name. The hub asks for none, but they have the name of the host.
func (f *hostFleet) creds(name string) []byte {
	user, _ := nkeys.CreateUser()
	account, _ := nkeys.CreateAccount()
	public, _ := user.PublicKey()
	claims := jwt.NewUserClaims(public)
	claims.Name = name
	claims.Tags.Add("fleet:shop")
	token, err := claims.Encode(account)
	if err != nil {
		f.t.Fatal(err)
	}
	seed, _ := user.Seed()
	text, err := jwt.FormatUserConfig(token, seed)
	if err != nil {
		f.t.Fatal(err)
	}
	return text
}

// start starts the process of a host.
func (f *hostFleet) start(name string, slots int, flags ...string) *testkit.Process {
	f.t.Helper()
	write := func(name string, text []byte) string {
		path := filepath.Join(f.folder, name)
		if err := os.WriteFile(path, text, 0o600); err != nil {
			f.t.Fatal(err)
		}
		return path
	}
	script := write("agent.lua", []byte(`
register_tool { name = "note", description = "Notes it.", phrases = {"note it"}, handler = function()
	local r = http.post("`+f.web.URL+`", {form = {id = conversation.id, fence = string.format("%d", conversation.fence)}})
	if not r or not r.ok then return "it was not noted" end
	return "noted"
end }
`))
	args := []string{
		"host", "--fleet", f.hub, "--fleet-creds", write(name+".creds", f.creds(name)), "--slots", fmt.Sprint(slots),
		"--local", "--allow-net=" + strings.TrimPrefix(f.web.URL, "http://"), "--data", filepath.Join(f.folder, name), "--log-level", "warn",
	}
	p := testkit.Start(f.t, testkit.Command{Path: testkit.Moonlark(f.t), Args: append(append(args, flags...), script), Dir: f.folder, Input: testkit.NoInput})
	testkit.Until(f.t, "the host "+name, func() bool {
		return slices.ContainsFunc(f.list().Hosts, func(s host.Status) bool { return s.Host == name })
	})
	return p
}

func (f *hostFleet) list() host.List {
	list, err := host.ReadList(f.t.Context(), f.caller)
	if err != nil {
		f.t.Fatal(err)
	}
	return list
}

// places returns the host of each conversation, by ID.
func (f *hostFleet) places() map[string]string {
	all := make(map[string]string)
	for _, p := range f.list().Conversations {
		all[p.ID] = p.Host
	}
	return all
}

// startAll starts conversations.
func (f *hostFleet) startAll(ids []string) {
	f.t.Helper()
	f.forEach(ids, func(ctx context.Context, id string) error {
		_, err := host.Start(ctx, f.caller, host.Request{ID: id, Message: "note it"})
		return err
	})
}

// sayAll makes each conversation call its tool, and waits until all have done it.
func (f *hostFleet) sayAll(ids []string) {
	f.t.Helper()
	f.mu.Lock()
	clear(f.counts)
	f.mu.Unlock()
	f.forEach(ids, func(ctx context.Context, id string) error {
		_, err := host.Say(ctx, f.caller, id, "note it")
		return err
	})
	f.untilNoted(ids)
}

// forEach calls do for each ID, several at a time.
func (f *hostFleet) forEach(ids []string, do func(ctx context.Context, id string) error) {
	f.t.Helper()
	var wg sync.WaitGroup
	free := make(chan struct{}, 8)
	for _, id := range ids {
		free <- struct{}{}
		wg.Go(func() {
			defer func() { <-free }()
			ctx, cancel := context.WithTimeout(f.t.Context(), testkit.Timeout)
			defer cancel()
			if err := do(ctx, id); err != nil {
				f.t.Errorf("%s: %v", id, err)
			}
		})
	}
	wg.Wait()
}

// untilNoted waits until each conversation has called its tool.
func (f *hostFleet) untilNoted(ids []string) {
	f.t.Helper()
	for end := time.Now().Add(5 * testkit.Timeout); ; time.Sleep(20 * time.Millisecond) {
		f.mu.Lock()
		var missing []string
		for _, id := range ids {
			if f.counts[id] == 0 {
				missing = append(missing, id)
			}
		}
		f.mu.Unlock()
		if len(missing) == 0 {
			return
		}
		if time.Now().After(end) {
			f.t.Fatalf("%d conversations have not called their tool: %.200q", len(missing), missing)
		}
	}
}

// untilMoved waits until each conversation of the host has another one, and returns how long that has
// taken at most since began.
func (f *hostFleet) untilMoved(from string, before map[string]string, began time.Time) (last time.Duration, moved int) {
	f.t.Helper()
	for id, name := range before {
		if name != from {
			delete(before, id)
		}
	}
	moved = len(before)
	testkit.Until(f.t, "all conversations of "+from+" have another host", func() bool {
		now := f.places()
		for id := range before {
			if name := now[id]; name != "" && name != from {
				delete(before, id)
				last = time.Since(began)
			}
		}
		return len(before) == 0
	})
	return last, moved
}

// memory returns the resident memory of a process in bytes.
func memory(t *testing.T, p *testkit.Process) uint64 {
	text, err := os.ReadFile(fmt.Sprintf("/proc/%d/status", p.PID()))
	if err != nil {
		t.Fatal(err)
	}
	_, rest, _ := strings.Cut(string(text), "VmRSS:")
	var kib uint64
	if _, err := fmt.Sscan(rest, &kib); err != nil {
		t.Fatal(err)
	}
	return kib << 10
}

// TestOtherHostsTakeOverTheConversationsOfAKilledProcess kills one host, stops another one for longer
// than its leases last, and lets a third one drain. With -long, there are 600 conversations and leases
// of 15 s.
func TestOtherHostsTakeOverTheConversationsOfAKilledProcess(t *testing.T) {
	skipShort(t)
	t.Parallel()
	n, lease, late := 30, 3*time.Second, 2*testkit.Timeout
	if *testkit.Long {
		n, lease, late = 600, 15*time.Second, 500*time.Millisecond
	}
	f := newHostFleet(t, lease)
	a, b, c := f.start("host-a", n), f.start("host-b", n), f.start("host-c", n, "--drain", "0s")
	empty := memory(t, a)
	var ids []string
	for i := range n {
		ids = append(ids, fmt.Sprintf("c-%03d", i))
	}
	began := time.Now()
	f.startAll(ids)
	f.untilNoted(ids)
	t.Logf("%d conversations have started after %v", n, time.Since(began))
	before := f.places()
	held := 0
	for _, name := range before {
		if name == "host-a" {
			held++
		}
	}
	t.Logf("a host without conversations has %.1f MB; %.0f KB for each of %d conversations", float64(empty)/1e6, float64(memory(t, a)-empty)/1e3/float64(max(held, 1)), held)
	cpu := a.CPU()
	time.Sleep(lease)
	t.Logf("%d conversations in which nobody speaks use %.1f %% of a processor", held, 100*float64(a.CPU()-cpu)/float64(lease))

	killed := time.Now()
	a.Kill()
	took, moved := f.untilMoved("host-a", before, killed)
	t.Logf("%d conversations were taken over within %v after the kill, with leases of %v", moved, took, lease)
	if took > lease+late {
		t.Errorf("the last conversation was taken over %v after the kill", took)
	}
	f.sayAll(ids)

	before = f.places()
	stopped := time.Now()
	b.Signal(syscall.SIGSTOP)
	took, moved = f.untilMoved("host-b", before, stopped)
	t.Logf("%d conversations were taken over within %v after the host was stopped", moved, took)
	b.Signal(syscall.SIGCONT)
	f.sayAll(ids)
	testkit.Until(t, "the host has given up the conversations that it has lost", func() bool {
		for _, s := range f.list().Hosts {
			if s.Host == "host-b" {
				return s.Conversations == 0
			}
		}
		return false
	})

	f.drain("host-c", c)
	f.sayAll(ids)
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.outdated > 0 {
		t.Errorf("%d tool calls came from hosts that had lost the conversation", f.outdated)
	}
}

// drain ends a host, and waits until others have its conversations.
func (f *hostFleet) drain(name string, p *testkit.Process) {
	f.t.Helper()
	before := f.places()
	drained := time.Now()
	p.Signal(syscall.SIGTERM)
	took, moved := f.untilMoved(name, before, drained)
	f.t.Logf("%d conversations were handed over within %v", moved, took)
	if code := p.Wait(testkit.Timeout); code != 0 {
		f.t.Errorf("the host that drains exits with %d", code)
	}
}
