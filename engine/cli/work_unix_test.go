//go:build unix

package cli

import (
	"encoding/json"
	"fmt"
	"net"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/nats-io/jwt/v2"
	"github.com/nats-io/nats-server/v2/server"
	"github.com/nats-io/nkeys"

	"moonlark/engine/fleet/nats"
	"moonlark/engine/fleet/work"
	"moonlark/engine/testkit"
	"moonlark/engine/tool"
)

// A workHub is a hub in the process of the test, on a port of this machine.
type workHub struct {
	t       *testing.T
	account nkeys.KeyPair
	url     string
	caller  *work.Caller // that of a device
}

func newWorkHub(t *testing.T) *workHub {
	t.Helper()
	operator, err := nkeys.CreateOperator()
	if err != nil {
		t.Fatal(err)
	}
	account, err := nkeys.CreateAccount()
	if err != nil {
		t.Fatal(err)
	}
	h := &workHub{t: t, account: account}
	token, err := jwt.NewAccountClaims(h.public(account)).Encode(operator)
	if err != nil {
		t.Fatal(err)
	}
	resolver := &server.MemAccResolver{}
	if err := resolver.Store(h.public(account), token); err != nil {
		t.Fatal(err)
	}
	s, err := server.NewServer(&server.Options{
		Host: "127.0.0.1", Port: server.RANDOM_PORT, NoSigs: true, NoLog: true,
		TrustedKeys: []string{h.public(operator)}, AccountResolver: resolver, AuthTimeout: 30,
	})
	if err != nil {
		t.Fatal(err)
	}
	s.Start()
	t.Cleanup(func() {
		s.Shutdown()
		s.WaitForShutdown()
	})
	if !s.ReadyForConnections(30 * time.Second) {
		t.Fatal("the hub does not start")
	}
	h.url = fmt.Sprintf("nats://127.0.0.1:%d", s.Addr().(*net.TCPAddr).Port)
	device, err := nats.DialDevice(nats.Options{URL: h.url, Creds: h.creds("kiosk-1")})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(device.Close)
	h.caller = work.NewCaller(work.CallerOptions{Carrier: device, Name: "kiosk-1", AcceptTime: 2 * time.Second})
	t.Cleanup(h.caller.Close)
	for end := time.Now().Add(30 * time.Second); !device.Link().Connected; time.Sleep(5 * time.Millisecond) {
		if time.Now().After(end) {
			t.Fatal("the device does not connect")
		}
	}
	return h
}

func (h *workHub) public(key nkeys.KeyPair) string {
	public, err := key.PublicKey()
	if err != nil {
		h.t.Fatal(err)
	}
	return public
}

// creds returns credentials that allow everything.
func (h *workHub) creds(name string) []byte {
	h.t.Helper()
	key, err := nkeys.CreateUser()
	if err != nil {
		h.t.Fatal(err)
	}
	claims := jwt.NewUserClaims(h.public(key))
	claims.Name = name
	claims.Tags.Add("fleet:shop")
	token, err := claims.Encode(h.account)
	if err != nil {
		h.t.Fatal(err)
	}
	seed, err := key.Seed()
	if err != nil {
		h.t.Fatal(err)
	}
	text, err := jwt.FormatUserConfig(token, seed)
	if err != nil {
		h.t.Fatal(err)
	}
	return text
}

const workTools = `
local function work(args)
	print("begins " .. args.n)
	sleep(args.seconds)
	return "result " .. args.n
end
register_tool { name = "once", where = "worker", timeout = 60, handler = work }
register_tool { name = "often", where = "worker", timeout = 60, idempotent = true, handler = work }
register_tool("here", work)
`

// start starts moonlark work, and waits until it carries out calls. script is the path of its script.
func (h *workHub) start(name string) (p *testkit.Process, script string) {
	h.t.Helper()
	dir := h.t.TempDir()
	creds := filepath.Join(dir, "worker.creds")
	script = filepath.Join(dir, "tools.lua")
	if err := os.WriteFile(creds, h.creds(name), 0o600); err != nil {
		h.t.Fatal(err)
	}
	if err := os.WriteFile(script, []byte(workTools), 0o600); err != nil {
		h.t.Fatal(err)
	}
	p = testkit.Start(h.t, testkit.Command{
		Path: testkit.Moonlark(h.t), Args: []string{"work", "--fleet", h.url, "--fleet-creds", creds, script}, Dir: dir, Input: testkit.NoInput,
	})
	h.t.Cleanup(func() {
		if h.t.Failed() {
			h.t.Logf("%s: %s", name, &p.Stderr)
		}
	})
	text := "the worker " + name + " carries out once, often"
	h.until(name+" writes "+text, func() bool { return strings.Contains(p.Stderr.String(), text) })
	return p, script
}

// until waits until the condition is true.
func (h *workHub) until(what string, condition func() bool) {
	h.t.Helper()
	for end := time.Now().Add(60 * time.Second); !condition(); time.Sleep(10 * time.Millisecond) {
		if time.Now().After(end) {
			h.t.Fatal("this does not happen: ", what)
		}
	}
}

// call begins a call of a tool that takes so many seconds.
func (h *workHub) call(spec *tool.Spec, n int, seconds float64, left time.Duration) <-chan tool.Result {
	results := make(chan tool.Result, 1)
	args, _ := json.Marshal(map[string]any{"n": n, "seconds": seconds})
	h.caller.Offload(spec, args, left, func(r tool.Result) { results <- r })
	return results
}

// begun reports whether the process has begun with the call.
func begun(p *testkit.Process, n int) bool {
	return regexp.MustCompile(fmt.Sprintf(`begins %d\b`, n)).MatchString(p.Stderr.String())
}

var (
	onceTool  = &tool.Spec{Name: "once"}
	oftenTool = &tool.Spec{Name: "often", Hints: &tool.Hints{Idempotent: true}}
)

func TestWorkEndsWhenItsCallsHaveEnded(t *testing.T) {
	t.Parallel()
	h := newWorkHub(t)
	p, script := h.start("gpu-1")
	// The hub may not have the subscription yet.
	h.until("a call has a result", func() bool {
		r := <-h.call(oftenTool, 1, 0, time.Minute)
		return r.Text == "result 1"
	})
	if r := <-h.call(&tool.Spec{Name: "here"}, 2, 0, time.Minute); !strings.Contains(r.Text, "no worker for it is connected") {
		t.Errorf("a tool that is not for workers: got %+v", r)
	}
	more := strings.Replace(workTools, `register_tool("here", work)`, `register_tool("here", { where = "worker" }, work)`, 1)
	if err := os.WriteFile(script, []byte(more), 0o600); err != nil {
		t.Fatal(err)
	}
	h.until("the worker carries out a new tool", func() bool { return (<-h.call(&tool.Spec{Name: "here"}, 2, 0, time.Minute)).Text == "result 2" })
	results := h.call(onceTool, 3, 3, time.Minute)
	h.until("the call begins", func() bool { return begun(p, 3) })
	p.Terminate() // takes longer than other commands may
	if r := <-results; r.Text != "result 3" {
		t.Errorf("got %+v", r)
	}
}

func TestTheCallsOfAKilledWorker(t *testing.T) {
	if testing.Short() {
		t.Skip("waits for seconds")
	}
	t.Parallel()
	h := newWorkHub(t)
	p, _ := h.start("gpu-1")
	h.until("a call has a result", func() bool { return (<-h.call(oftenTool, 1, 0, time.Minute)).Text == "result 1" })
	once, often := h.call(onceTool, 2, 120, 15*time.Second), h.call(oftenTool, 3, 120, 15*time.Second)
	h.until("both calls begin", func() bool { return begun(p, 2) && begun(p, 3) })
	if err := p.Signal(syscall.SIGKILL); err != nil {
		t.Fatal(err)
	}
	second, _ := h.start("gpu-2")
	h.until("another worker begins with the idempotent call", func() bool { return begun(second, 3) })
	const unknown = "The call may or may not have been carried out"
	for _, results := range []<-chan tool.Result{once, often} {
		if r := <-results; !strings.Contains(r.Text, unknown) || r.Type != tool.ClientTimeout {
			t.Errorf("got %+v", r)
		}
	}
	if begun(second, 2) {
		t.Error("a call that must not be repeated has begun twice")
	}
}

func TestWorkNeedsToolsAndCredentials(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	file := func(name, text string) string {
		path := filepath.Join(dir, name)
		if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		return path
	}
	tools, none, creds := file("tools.lua", workTools), file("none.lua", `register_tool("a", print)`), file("worker.creds", "nothing")
	for _, c := range []struct {
		name, stderr string
		args         []string
	}{
		{"no tool for workers", `no script registers a tool with where = "worker"`, []string{none}},
		{"wrong credentials", "credentials: ", []string{tools}},
		{"no file with credentials", "--fleet-creds: ", []string{"--fleet-creds", filepath.Join(dir, "no.creds"), tools}},
		{"wrong certificate", "has no certificate", []string{"--fleet-ca", tools, tools}},
		{"no jobs", "--jobs 0: want 1 to 64", []string{"--jobs", "0", tools}},
		{"negative time", "--drain -1s: want 0s or more", []string{"--drain=-1s", tools}},
		{"no bundle", "not a bundle", []string{"--bundle", tools, tools}},
	} {
		p := testkit.Start(t, testkit.Command{
			Path: testkit.Moonlark(t), Dir: dir, Input: testkit.NoInput,
			Args: append([]string{"work", "--fleet", "nats://127.0.0.1:1", "--fleet-creds", creds}, c.args...),
		})
		if code := p.Wait(testkit.Timeout); code != exitUsage || !strings.Contains(p.Stderr.String(), c.stderr) {
			t.Errorf("%s: the exit code is %d, with %s", c.name, code, &p.Stderr)
		}
	}
}
