package work

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"sync"
	"testing"
	"time"

	"moonlark/engine/tool"
)

// A memoryHub connects callers with workers in the memory of the test. It gives the requests for a tool to
// its workers one after the other.
type memoryHub struct {
	mu      sync.Mutex
	workers map[string][]*memoryServer // by tool
	turn    int
	offline bool
	offers  []string // "worker:try" of each request
}

func newMemoryHub() *memoryHub { return &memoryHub{workers: make(map[string][]*memoryServer)} }

// Offer gives the request to the next worker: see Offerer.
func (h *memoryHub) Offer(ctx context.Context, name string, r Request) (<-chan Reply, error) {
	h.mu.Lock()
	defer h.mu.Unlock()
	if h.offline {
		return nil, errors.New("no connection with the hub")
	}
	p := &memoryPeer{ctx: ctx, replies: make(chan Reply, 4)}
	if len(h.workers[name]) == 0 {
		p.replies <- Reply{Err: ErrNobody}
		return p.replies, nil
	}
	parsed, err := ParseRequest(header(r.Header()), r.Args)
	if err != nil {
		return nil, err
	}
	p.from = h.workers[name][h.turn%len(h.workers[name])]
	h.turn++
	h.offers = append(h.offers, fmt.Sprintf("%s:%d", p.from.name, r.Try))
	if handle := p.from.tools[name]; !p.from.isDead {
		go handle(parsed, p)
	}
	return p.replies, nil
}

// setTurn gives the next request to the worker with this index.
func (h *memoryHub) setTurn(turn int) {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.turn = turn
}

// seen returns which workers have got requests.
func (h *memoryHub) seen() string {
	h.mu.Lock()
	defer h.mu.Unlock()
	return fmt.Sprint(h.offers)
}

// A memoryServer is the connection of a worker with a memoryHub: see Server. The mutex of the hub guards
// its fields.
type memoryServer struct {
	hub    *memoryHub
	name   string
	tools  map[string]func(Request, Peer)
	isDead bool // the worker has died, and the hub has not noticed it
	isDeaf bool // no confirmation arrives

	stopTime time.Duration // how long stop waits
}

func (s *memoryServer) Name() string { return s.name }

func (s *memoryServer) Serve(name string, handle func(Request, Peer)) (stop func(), err error) {
	if name == "refused" {
		return nil, errors.New("refused cannot be served")
	}
	s.hub.mu.Lock()
	defer s.hub.mu.Unlock()
	s.tools[name] = handle
	s.hub.workers[name] = append(s.hub.workers[name], s)
	return func() {
		time.Sleep(s.stopTime)
		s.hub.mu.Lock()
		defer s.hub.mu.Unlock()
		var others []*memoryServer
		for _, other := range s.hub.workers[name] {
			if other != s {
				others = append(others, other)
			}
		}
		s.hub.workers[name] = others
	}, nil
}

// die makes the worker reply to nothing any more.
func (s *memoryServer) die() {
	s.hub.mu.Lock()
	defer s.hub.mu.Unlock()
	s.isDead = true
}

// A memoryPeer is the sender of a request.
type memoryPeer struct {
	ctx     context.Context // of the offer
	from    *memoryServer
	replies chan Reply
}

func (p *memoryPeer) Accept(ctx context.Context, r Reply) error {
	confirmed := make(chan struct{})
	r.Confirm = sync.OnceValue(func() error {
		if !p.from.isDeaf {
			close(confirmed)
		}
		return nil
	})
	if err := p.Reply(r); err != nil {
		return err
	}
	select {
	case <-confirmed:
		return nil
	case <-p.ctx.Done():
		return p.ctx.Err()
	case <-ctx.Done():
		return ctx.Err()
	}
}

func (p *memoryPeer) Reply(r Reply) error {
	if p.ctx.Err() != nil {
		return errors.New("nobody waits for the reply")
	}
	p.from.hub.mu.Lock()
	defer p.from.hub.mu.Unlock()
	parsed, err := ParseReply(header(r.Header()), r.Body())
	if parsed.Confirm = r.Confirm; err != nil {
		parsed = Reply{Err: err}
	}
	if !p.from.isDead {
		p.replies <- parsed
	}
	return nil
}

// A fixture has a caller, and workers that carry out the tools in run.
type fixture struct {
	t      *testing.T
	hub    *memoryHub
	caller *Caller

	mu   sync.Mutex // guards the fields below
	ran  []string   // "worker:arguments" of each call that has begun
	logs []string
}

func newFixture(t *testing.T) *fixture {
	f := &fixture{t: t, hub: newMemoryHub()}
	f.caller = NewCaller(CallerOptions{Carrier: f.hub, Name: "kiosk", Bundle: func() string { return "aaaa" }, Log: f.log})
	t.Cleanup(f.caller.Close)
	return f
}

// tools are those that the workers of a fixture serve.
var tools = []*tool.Spec{{Name: "once"}, {Name: "often", Hints: &tool.Hints{Idempotent: true}}}

// worker adds a worker with the tools once and often.
func (f *fixture) worker(name string, jobs int, run func(ctx context.Context, args string) (string, error)) (*Worker, *memoryServer) {
	f.t.Helper()
	server := &memoryServer{hub: f.hub, name: name, tools: make(map[string]func(Request, Peer))}
	w := NewWorker(WorkerOptions{
		Server: server, Jobs: jobs, Log: f.log,
		Run: func(ctx context.Context, _ string, r Request) (tool.Result, error) {
			f.mu.Lock()
			f.ran = append(f.ran, name+":"+string(r.Args))
			f.mu.Unlock()
			text, err := run(ctx, string(r.Args))
			return tool.Result{Text: text}, err
		},
	})
	if err := w.SetTools(tools); err != nil {
		f.t.Fatal(err)
	}
	f.t.Cleanup(func() {
		ctx, cancel := context.WithCancel(context.Background())
		cancel()
		w.Close(ctx)
	})
	return w, server
}

func (f *fixture) log(_ slog.Level, text string) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.logs = append(f.logs, text)
}

// runs returns what the workers have begun.
func (f *fixture) runs() string {
	f.mu.Lock()
	defer f.mu.Unlock()
	return fmt.Sprint(f.ran)
}

// start begins a call. Its result arrives in the channel.
func (f *fixture) start(spec *tool.Spec, args string) (results <-chan tool.Result, cancel func()) {
	answers := make(chan tool.Result, 2) // with room for a second result, which would be an error
	cancel = f.caller.Offload(spec, json.RawMessage(args), callTime, func(r tool.Result) { answers <- r })
	return answers, cancel
}

// call makes a call and returns the text of its result, after "! " if it is an error.
func (f *fixture) call(spec *tool.Spec, args string) string {
	results, _ := f.start(spec, args)
	return text(<-results)
}

func text(r tool.Result) string {
	if r.IsError {
		return "! " + r.Text
	}
	return r.Text
}
