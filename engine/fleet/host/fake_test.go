package host

import (
	"context"
	"errors"
	"maps"
	"slices"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"go.uber.org/goleak"
)

const testTTL = 15 * time.Second

// A fakeHub is a hub in memory. It stands for a server of NATS: engine/fleet/nats has tests with a real one.
type fakeHub struct {
	mu       sync.Mutex // guards the fields below
	revision uint64
	stores   map[string]map[string]entry // "leases" and "records"
	turns    map[string][][]byte
	starts   []*server
	texts    map[string][]*server
	watches  []*watch
	next     int // which member of starts is asked next
}

type entry struct {
	value    []byte
	revision uint64
}

type server struct {
	link   *fakeLink
	answer func([]byte) []byte
}

type watch struct {
	link  *fakeLink
	freed func(string)
	ended chan struct{} // closed when the network of the link is back
}

func newFakeHub() *fakeHub {
	return &fakeHub{stores: map[string]map[string]entry{"leases": {}, "records": {}}, turns: map[string][][]byte{}, texts: map[string][]*server{}}
}

// The states of the network between a host and the hub.
const (
	good      = iota
	cut       // requests fail at once
	silent    // requests get no answer, and do not arrive
	deaf      // requests arrive, but their answers do not
	deafOnce  // as deaf, for one request
	noNotices // the watch misses everything
)

var errOffline = errors.New("no connection with the hub")

// A fakeLink is the connection of one host.
type fakeLink struct {
	hub *fakeHub

	mu    sync.Mutex // guards the fields below
	state int
}

func (l *fakeLink) set(state int) {
	l.mu.Lock()
	before := l.state
	l.state = state
	l.mu.Unlock()
	if state != good || before == good {
		return
	}
	l.hub.mu.Lock()
	defer l.hub.mu.Unlock()
	for _, w := range l.hub.watches {
		if w.link == l {
			close(w.ended)
		}
	}
	l.hub.watches = slices.DeleteFunc(l.hub.watches, func(w *watch) bool { return w.link == l })
}

func (l *fakeLink) get() int {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.state == deafOnce {
		l.state = good
		return deaf
	}
	return l.state
}

func (l *fakeLink) is(state int) bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.state == state
}

// do runs f on the hub, unless the network prevents that.
func (l *fakeLink) do(ctx context.Context, f func() error) error {
	state := l.get()
	switch state {
	case cut:
		return errOffline
	case silent:
		<-ctx.Done()
		return ctx.Err()
	}
	time.Sleep(time.Millisecond)
	l.hub.mu.Lock()
	err := f()
	l.hub.mu.Unlock()
	if state == deaf {
		<-ctx.Done()
		return ctx.Err()
	}
	return err
}

func (l *fakeLink) Leases() Store  { return fakeStore{l, "leases"} }
func (l *fakeLink) Records() Store { return fakeStore{l, "records"} }

type fakeStore struct {
	*fakeLink
	name string
}

// put stores a value. The caller holds mu of the hub.
func (s fakeStore) put(key string, value []byte) uint64 {
	s.hub.revision++
	revision := s.hub.revision
	s.hub.stores[s.name][key] = entry{value, revision}
	if s.name == "leases" {
		time.AfterFunc(testTTL, func() {
			s.hub.mu.Lock()
			defer s.hub.mu.Unlock()
			if s.hub.stores["leases"][key].revision == revision {
				s.remove(key)
			}
		})
	}
	return revision
}

func (s fakeStore) remove(key string) {
	delete(s.hub.stores[s.name], key)
	s.hub.revision++
	if s.name != "leases" {
		return
	}
	for _, w := range s.hub.watches {
		if w.link.is(good) {
			go w.freed(key)
		}
	}
}

func (s fakeStore) Create(ctx context.Context, key string, value []byte) (revision uint64, err error) {
	err = s.do(ctx, func() error {
		if _, taken := s.hub.stores[s.name][key]; taken {
			return ErrTaken
		}
		revision = s.put(key, value)
		return nil
	})
	return revision, err
}

func (s fakeStore) Read(ctx context.Context, key string) (value []byte, revision uint64, err error) {
	err = s.do(ctx, func() error {
		e, ok := s.hub.stores[s.name][key]
		if !ok {
			return ErrNone
		}
		value, revision = e.value, e.revision
		return nil
	})
	return value, revision, err
}

func (s fakeStore) Update(ctx context.Context, key string, value []byte, revision uint64) (next uint64, err error) {
	err = s.do(ctx, func() error {
		if s.hub.stores[s.name][key].revision != revision {
			return ErrLost
		}
		next = s.put(key, value)
		return nil
	})
	return next, err
}

func (s fakeStore) Delete(ctx context.Context, key string, revision uint64) error {
	return s.do(ctx, func() error {
		if s.hub.stores[s.name][key].revision != revision {
			return ErrLost
		}
		s.remove(key)
		return nil
	})
}

func (s fakeStore) List(ctx context.Context) (all map[string][]byte, err error) {
	err = s.do(ctx, func() error {
		all = make(map[string][]byte)
		for key, e := range s.hub.stores[s.name] {
			all[key] = e.value
		}
		return nil
	})
	return all, err
}

func (l *fakeLink) WatchFreed(ctx context.Context, began func(), freed func(string)) error {
	if err := l.do(ctx, func() error { return nil }); err != nil {
		return err
	}
	w := &watch{link: l, freed: freed, ended: make(chan struct{})}
	l.hub.mu.Lock()
	l.hub.watches = append(l.hub.watches, w)
	l.hub.mu.Unlock()
	began()
	select {
	case <-w.ended:
		return errOffline
	case <-ctx.Done():
		return ctx.Err()
	}
}

func (l *fakeLink) AppendTurn(ctx context.Context, id string, turn []byte) error {
	return l.do(ctx, func() error {
		all := append(l.hub.turns[id], turn)
		l.hub.turns[id] = all[max(0, len(all)-MaxTurns):]
		return nil
	})
}

func (l *fakeLink) Turns(ctx context.Context, id string) (turns [][]byte, err error) {
	err = l.do(ctx, func() error { turns = slices.Clone(l.hub.turns[id]); return nil })
	return turns, err
}

func (l *fakeLink) DropTurns(ctx context.Context, id string) error {
	return l.do(ctx, func() error { delete(l.hub.turns, id); return nil })
}

func (l *fakeLink) ServeStarts(answer func([]byte) []byte) (stop func(), err error) {
	s := &server{l, answer}
	l.hub.mu.Lock()
	defer l.hub.mu.Unlock()
	l.hub.starts = append(l.hub.starts, s)
	return func() {
		l.hub.mu.Lock()
		defer l.hub.mu.Unlock()
		l.hub.starts = slices.DeleteFunc(l.hub.starts, func(other *server) bool { return other == s })
	}, nil
}

func (l *fakeLink) ServeTexts(id string, answer func([]byte) []byte) (stop func(), err error) {
	s := &server{l, answer}
	l.hub.mu.Lock()
	defer l.hub.mu.Unlock()
	l.hub.texts[id] = append(l.hub.texts[id], s)
	return func() {
		l.hub.mu.Lock()
		defer l.hub.mu.Unlock()
		l.hub.texts[id] = slices.DeleteFunc(l.hub.texts[id], func(other *server) bool { return other == s })
	}, nil
}

func (l *fakeLink) AskHost(ctx context.Context, request []byte) ([]byte, error) {
	var all []*server
	l.hub.mu.Lock()
	for _, s := range l.hub.starts {
		if s.link.is(good) {
			all = append(all, s)
		}
	}
	l.hub.next++
	next := l.hub.next
	l.hub.mu.Unlock()
	if len(all) == 0 {
		return nil, ErrNobody
	}
	return all[next%len(all)].answer(request), nil
}

func (l *fakeLink) AskConversation(ctx context.Context, id string, request []byte) ([]byte, error) {
	l.hub.mu.Lock()
	all := slices.Clone(l.hub.texts[id])
	l.hub.mu.Unlock()
	for _, s := range all {
		if s.link.is(good) {
			if a := s.answer(request); a != nil {
				return a, nil
			}
		}
	}
	return nil, ErrNobody
}

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

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }
