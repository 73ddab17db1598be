package host

import (
	"context"
	"maps"
	"slices"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"go.uber.org/goleak"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// A fakeEngine runs conversations that end when the test says so.
type fakeEngine struct {
	opening  time.Duration // how long it takes until a conversation has started
	mu       sync.Mutex    // guards the fields below
	running  map[string]*run
	all      []*run
	starting int
	max      int // the most conversations that have started at the same time
}

type run struct {
	*Conversation
	began, ended time.Time
	end          chan error // receives the error with which the conversation ends
	crash        chan any   // receives what the engine panics with
}

func (e *fakeEngine) Open(ctx context.Context, c *Conversation) error {
	r := &run{Conversation: c, began: time.Now(), end: make(chan error, 1), crash: make(chan any, 1)}
	e.change(func() {
		e.running[c.ID] = r
		e.all = append(e.all, r)
		e.starting++
		e.max = max(e.max, e.starting)
	})
	defer e.change(func() { delete(e.running, c.ID); r.ended = time.Now() })
	time.Sleep(e.opening)
	e.change(func() { e.starting-- })
	c.Started()
	select {
	case err := <-r.end:
		return err
	case p := <-r.crash:
		panic(p)
	case <-ctx.Done():
		return context.Cause(ctx)
	}
}

func (e *fakeEngine) change(f func()) {
	e.mu.Lock()
	defer e.mu.Unlock()
	f()
}

// get returns the conversation with this ID that runs, or nil.
func (e *fakeEngine) get(id string) (r *run) {
	e.change(func() { r = e.running[id] })
	return r
}

func (e *fakeEngine) ids() (all []string) {
	e.change(func() { all = slices.Sorted(maps.Keys(e.running)) })
	return all
}

// A testHost is a host with the parts around it.
type testHost struct {
	*Host
	link   *fakeLink
	engine *fakeEngine
	stop   context.CancelFunc // begins the drain
	ended  chan struct{}      // closed when Run has returned
}

// A testFleet has a hub and hosts. Use it in a bubble of synctest.
type testFleet struct {
	t     *testing.T
	hub   *fakeHub
	user  *fakeLink
	hosts []*testHost
}

// inFleet runs f with a fleet in a bubble of synctest. All hosts end after f.
func inFleet(t *testing.T, f func(*testing.T, *testFleet)) {
	synctest.Test(t, func(t *testing.T) {
		hub := newFakeHub()
		fl := &testFleet{t: t, hub: hub, user: &fakeLink{hub: hub}}
		f(t, fl)
		for _, h := range fl.hosts {
			h.stop()
		}
		for _, h := range fl.hosts {
			<-h.ended
		}
	})
}

// add starts a host. change may change its options.
func (f *testFleet) add(id string, change func(*Options)) *testHost {
	engine := &fakeEngine{running: map[string]*run{}}
	h := &testHost{link: &fakeLink{hub: f.hub}, engine: engine, ended: make(chan struct{})}
	opts := Options{ID: id, Carrier: h.link, Engine: engine, Slots: 10, TTL: testTTL}
	if change != nil {
		change(&opts)
	}
	h.Host = New(opts)
	ctx, stop := context.WithCancel(f.t.Context())
	h.stop = stop
	go func() {
		defer close(h.ended)
		h.Run(ctx)
	}()
	f.hosts = append(f.hosts, h)
	time.Sleep(10 * time.Millisecond)
	return h
}

// start starts conversations, and returns when they run.
func (f *testFleet) start(ids ...string) {
	f.t.Helper()
	for _, id := range ids {
		if _, err := Start(f.t.Context(), f.user, Request{ID: id}); err != nil {
			f.t.Fatalf("%s: %v", id, err)
		}
	}
	time.Sleep(50 * time.Millisecond)
}

// wait lets the time pass, and checks all the while that no two hosts hold the same conversation.
func (f *testFleet) wait(d time.Duration) {
	f.t.Helper()
	for end := time.Now().Add(d); time.Now().Before(end); time.Sleep(10 * time.Millisecond) {
		holders := make(map[string]string)
		for _, h := range f.hosts {
			h.engine.change(func() {
				for id, r := range h.engine.running {
					if !r.Held() {
						continue
					}
					if holders[id] != "" {
						f.t.Fatalf("%s and %s hold %s at the same time", holders[id], h.opts.ID, id)
					}
					holders[id] = h.opts.ID
				}
			})
		}
	}
}

// keys returns the keys of leases and records that the hub has.
func (f *testFleet) keys() string {
	f.hub.mu.Lock()
	defer f.hub.mu.Unlock()
	keys := slices.Concat(slices.Sorted(maps.Keys(f.hub.stores["leases"])), slices.Sorted(maps.Keys(f.hub.stores["records"])))
	return strings.Join(keys, " ")
}

// runs returns how often a conversation was begun, on all hosts.
func (f *testFleet) runs(id string) (all []*run) {
	for _, h := range f.hosts {
		h.engine.change(func() {
			for _, r := range h.engine.all {
				if r.ID == id {
					all = append(all, r)
				}
			}
		})
	}
	slices.SortFunc(all, func(a, b *run) int { return a.began.Compare(b.began) })
	return all
}
