package host

import (
	"context"
	"errors"
	"slices"
	"sync"
	"time"
)

const testTTL = 15 * time.Second

// A fakeHub is a hub in memory. It stands for a server of NATS: engine/fleet/nats has tests with a real
// one.
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
	deafStore // as deafOnce, for the next request about records
	slow      // requests take 1.2 seconds
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
	if state == slow {
		time.Sleep(1200 * time.Millisecond)
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

func (s fakeStore) do(ctx context.Context, f func() error) error {
	if s.name == "records" && s.is(deafStore) {
		s.set(deafOnce)
	}
	return s.fakeLink.do(ctx, f)
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
