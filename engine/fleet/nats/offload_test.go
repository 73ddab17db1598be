package nats

import (
	"context"
	"encoding/json"
	"fmt"
	"net"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/nats-io/jwt/v2"

	"moonlark/engine/fleet/work"
	"moonlark/engine/tool"
)

// The tools that the workers of these tests serve.
var (
	onceTool  = &tool.Spec{Name: "once"}
	oftenTool = &tool.Spec{Name: "often", Hints: &tool.Hints{Idempotent: true}}
)

// workerCreds returns the credentials of a worker. Its rights are in them, and not in a template, because a
// server drops entries with the name of a queue from a list that also has templates.
func (h *testHub) workerCreds(name string) []byte {
	h.t.Helper()
	u, key := h.claimsOf(name)
	u.UserPermissionLimits = rights("$JS.EVENT.ML_UP."+name+".* "+donePut+"*.* ml.jobs.* "+nextJob+"* $JS.ACK.ML_JOB.>", "ml.tool.*|workers _INBOX_"+name+".>")
	token, err := u.Encode(h.account)
	if err != nil {
		h.t.Fatal(err)
	}
	seed, _ := key.Seed()
	text, err := jwt.FormatUserConfig(token, seed)
	if err != nil {
		h.t.Fatal(err)
	}
	return text
}

// A freezer makes connections with a hub that can be frozen, like the process of a suspended or dead worker
// whose end the hub has not noticed.
type freezer struct {
	hub *testHub

	mu     sync.Mutex
	frozen chan struct{} // closed when the connections go on; nil if they are not frozen
}

// connect makes a connection.
func (f *freezer) connect() (net.Conn, error) {
	conn, err := f.hub.connect()
	return &freezingConn{Conn: conn, freezer: f}, err
}

func (f *freezer) freeze() {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.frozen = make(chan struct{})
}

func (f *freezer) thaw() {
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.frozen != nil {
		close(f.frozen)
		f.frozen = nil
	}
}

// wait waits while the connections are frozen.
func (f *freezer) wait() {
	f.mu.Lock()
	frozen := f.frozen
	f.mu.Unlock()
	if frozen != nil {
		<-frozen
	}
}

type freezingConn struct {
	net.Conn
	freezer *freezer
}

func (c *freezingConn) Read(p []byte) (int, error) {
	n, err := c.Conn.Read(p)
	c.freezer.wait()
	return n, err
}

func (c *freezingConn) Write(p []byte) (int, error) {
	c.freezer.wait()
	return c.Conn.Write(p)
}

// A workplace is a hub with a device and workers.
type workplace struct {
	t      testing.TB
	hub    *testHub
	caller *work.Caller

	mu  sync.Mutex
	ran []string // "worker:arguments" of each call that has begun
}

// newWorkplace returns a workplace without workers. A worker may take acceptTime to reply.
func newWorkplace(t testing.TB, acceptTime time.Duration) *workplace {
	p := &workplace{t: t, hub: newHub(t).start()}
	d := p.hub.device("kiosk-1")
	online(t, d)
	p.caller = work.NewCaller(work.CallerOptions{Carrier: d, Name: d.Name(), AcceptTime: acceptTime})
	t.Cleanup(p.caller.Close)
	return p
}

// worker adds a worker that serves both tools, and waits until the hub knows it.
func (p *workplace) worker(name string, jobs int, run func(ctx context.Context, args string) (string, error)) (*Worker, *freezer) {
	p.t.Helper()
	f := &freezer{hub: p.hub}
	o := p.hub.options(p.hub.workerCreds(name))
	o.InProcess = f.connect
	server, err := DialWorker(o)
	if err != nil {
		p.t.Fatal(err)
	}
	p.t.Cleanup(server.Close)
	w := work.NewWorker(work.WorkerOptions{
		Server: server, Jobs: jobs,
		Run: func(ctx context.Context, _ string, r work.Request) (tool.Result, error) {
			p.mu.Lock()
			p.ran = append(p.ran, name+":"+string(r.Args))
			p.mu.Unlock()
			text, err := run(ctx, string(r.Args))
			return tool.Result{Text: text}, err
		},
	})
	if err := w.SetTools([]*tool.Spec{onceTool, oftenTool}); err != nil {
		p.t.Fatal(err)
	}
	p.t.Cleanup(func() {
		f.thaw()
		ctx, cancel := context.WithCancel(context.Background())
		cancel()
		w.Close(ctx)
	})
	eventually(p.t, "the worker is connected", func() bool { return server.Link().Connected })
	conn, _, _ := server.link.state()
	if err := conn.FlushWithContext(soon(p.t)); err != nil {
		p.t.Fatal(err)
	}
	return server, f
}

// start begins a call, whose result arrives in the channel.
func (p *workplace) start(spec *tool.Spec, args string, left time.Duration) <-chan tool.Result {
	results := make(chan tool.Result, 2) // with room for a second result, which would be an error
	p.caller.Offload(spec, json.RawMessage(args), left, func(r tool.Result) { results <- r })
	return results
}

// runs returns how often the calls with these arguments have begun, and on which workers.
func (p *workplace) runs(args string) (n int, workers string) {
	p.mu.Lock()
	defer p.mu.Unlock()
	for _, run := range p.ran {
		if name, a, _ := strings.Cut(run, ":"); a == args {
			n++
			workers += name + " "
		}
	}
	return n, strings.TrimSpace(workers)
}

// wantResult waits for the result and compares its text.
func wantResult(t *testing.T, results <-chan tool.Result, want string) {
	t.Helper()
	if r := <-results; r.Text != want {
		t.Errorf("got %q, want %q", r.Text, want)
	}
}

func echo(_ context.Context, args string) (string, error) { return args, nil }

// until returns a function that returns its arguments when gate is closed.
func until(gate <-chan struct{}) func(context.Context, string) (string, error) {
	return func(ctx context.Context, args string) (string, error) {
		select {
		case <-gate:
			return args, nil
		case <-ctx.Done():
			return "", ctx.Err()
		}
	}
}

func TestAWorkerCarriesOutTheCallsOfADevice(t *testing.T) {
	t.Parallel()
	p := newWorkplace(t, 30*time.Second)
	p.worker("w1", 4, echo)
	wantResult(t, p.start(onceTool, `"one"`, time.Minute), `"one"`)
	large := `"` + strings.Repeat("x", tool.MaxOffloadedArguments-2) + `"`
	wantResult(t, p.start(oftenTool, large, time.Minute), large)
}

func TestWithoutAWorkerACallFailsAtOnce(t *testing.T) {
	t.Parallel()
	p := newWorkplace(t, 5*time.Second)
	wantResult(t, p.start(onceTool, `1`, time.Minute), "once cannot run now: no worker for it is connected")
	w, _ := p.worker("w1", 4, echo)
	wantResult(t, p.start(onceTool, `1`, time.Minute), "1")
	w.Close()
	wantResult(t, p.start(onceTool, `1`, time.Minute), "once cannot run now: no worker for it is connected")
	p.hub.stop()
	eventually(t, "the call fails because the hub is away", func() bool {
		r := <-p.start(onceTool, `1`, time.Minute)
		return r.Text == "once cannot run now: no connection with the hub"
	})
}

func TestBusyWorkersArePassedOver(t *testing.T) {
	t.Parallel()
	p := newWorkplace(t, 30*time.Second)
	gate := make(chan struct{})
	p.worker("w1", 1, until(gate))
	first := p.start(onceTool, `"first"`, time.Minute)
	eventually(t, "the call begins", func() bool { n, _ := p.runs(`"first"`); return n == 1 })
	if r := <-p.start(onceTool, `"second"`, time.Minute); !strings.HasPrefix(r.Text, "once is busy") {
		t.Errorf("got %+v", r)
	}
	p.worker("w2", 4, echo)
	for i := range 10 {
		args := fmt.Sprint(i)
		wantResult(t, p.start(onceTool, args, time.Minute), args)
	}
	close(gate)
	wantResult(t, first, `"first"`)
}

// The hub gives the frozen worker half of the calls. When it goes on, it must not begin with them.
func TestAWorkerThatIsFrozenBeforeItTakesACallIsPassedOver(t *testing.T) {
	t.Parallel()
	p := newWorkplace(t, 300*time.Millisecond)
	_, f := p.worker("w1", 4, echo)
	p.worker("w2", 64, echo)
	f.freeze()
	var all []<-chan tool.Result
	for i := range 8 {
		all = append(all, p.start(onceTool, fmt.Sprint(i), time.Minute))
	}
	answered := 0
	for i, results := range all {
		if r := <-results; r.Text == fmt.Sprint(i) {
			answered++
		} else if !r.IsError {
			t.Errorf("call %d has the result %q", i, r.Text)
		}
	}
	f.thaw()
	eventually(t, "the thawed worker takes a call", func() bool {
		<-p.start(oftenTool, `"next"`, time.Minute)
		_, workers := p.runs(`"next"`)
		return strings.Contains(workers, "w1")
	})
	time.Sleep(100 * time.Millisecond) // for what would begin too late
	begun := 0
	for i := range all {
		n, workers := p.runs(fmt.Sprint(i))
		if begun += n; n > 1 {
			t.Errorf("call %d ran on %s", i, workers)
		}
	}
	if answered == 0 || begun != answered {
		t.Errorf("%d calls have begun, and %d have a result", begun, answered)
	}
}

func TestAWorkerDiesAfterItHasTakenACall(t *testing.T) {
	if testing.Short() {
		t.Skip("waits for seconds")
	}
	t.Parallel()
	for _, c := range []struct {
		spec   *tool.Spec
		result string
		runs   int
	}{
		{onceTool, "The call may or may not have been carried out", 1},
		{oftenTool, `"x"`, 2},
	} {
		t.Run(c.spec.Name, func(t *testing.T) {
			t.Parallel()
			p := newWorkplace(t, 300*time.Millisecond)
			_, f := p.worker("w1", 4, until(make(chan struct{})))
			results := p.start(c.spec, `"x"`, 15*time.Second)
			eventually(t, "the call begins", func() bool { n, _ := p.runs(`"x"`); return n == 1 })
			f.freeze()
			p.worker("w2", 4, echo)
			p.worker("w3", 4, echo)
			r := <-results
			if !strings.Contains(r.Text, c.result) {
				t.Errorf("got %q, want %q", r.Text, c.result)
			}
			if n, workers := p.runs(`"x"`); n != c.runs {
				t.Errorf("the call ran on %s", workers)
			}
		})
	}
}

// Many calls at the same time, while workers freeze: each call is answered once, and none of once runs
// twice.
func TestEachCallIsAnsweredOnce(t *testing.T) {
	if testing.Short() {
		t.Skip("waits for seconds")
	}
	t.Parallel()
	p := newWorkplace(t, 300*time.Millisecond)
	var all []*freezer
	for i := range 4 {
		_, f := p.worker(fmt.Sprint("w", i), 8, func(ctx context.Context, args string) (string, error) {
			time.Sleep(time.Duration(i) * 20 * time.Millisecond)
			return args, nil
		})
		all = append(all, f)
	}
	var answers []<-chan tool.Result
	for i := range 120 {
		spec := onceTool
		if i%2 == 1 {
			spec = oftenTool
		}
		answers = append(answers, p.start(spec, fmt.Sprint(i), 6*time.Second))
		if time.Sleep(5 * time.Millisecond); i == 40 || i == 80 {
			all[i/40].freeze()
		}
	}
	done := 0
	for i, results := range answers {
		r := <-results
		if r.Text == fmt.Sprint(i) {
			done++
		} else if !r.IsError {
			t.Errorf("call %d has the result %q", i, r.Text)
		}
		if n, workers := p.runs(fmt.Sprint(i)); i%2 == 0 && n > 1 {
			t.Errorf("call %d ran on %s", i, workers)
		}
	}
	if done < 40 {
		t.Errorf("only %d of 120 calls have a result", done)
	}
	for _, f := range all {
		f.thaw()
	}
	p.caller.Close()
	for i, results := range answers {
		if len(results) > 0 {
			t.Errorf("call %d has two answers", i)
		}
	}
}

func BenchmarkCall(b *testing.B) {
	p := newWorkplace(b, 30*time.Second)
	p.worker("w1", 4, echo)
	for b.Loop() {
		if r := <-p.start(onceTool, `{"city":"Ulm"}`, time.Minute); r.IsError {
			b.Fatal(r.Text)
		}
	}
}
