package http

import (
	"context"
	"slices"
	"sync"
)

// slots limits how many calls are in flight: maxCalls, and maxCallsPerHost to each host. Waiting
// calls get a slot in the order in which they came, except that no call waits for the host of
// another.
type slots struct {
	mu      sync.Mutex // guards the fields below
	taken   int
	byHost  map[string]int
	waiting []*waiter
}

type waiter struct {
	host  string
	ready chan struct{} // closed when the waiter has a slot
}

// take waits for a slot for a call to the host. It returns false if ctx is done before.
func (s *slots) take(ctx context.Context, host string) bool {
	w := &waiter{host, make(chan struct{})}
	s.mu.Lock()
	s.waiting = append(s.waiting, w)
	s.serve()
	s.mu.Unlock()
	select {
	case <-w.ready:
		return true
	case <-ctx.Done():
	}
	s.mu.Lock()
	i := slices.Index(s.waiting, w)
	if i >= 0 {
		s.waiting = slices.Delete(s.waiting, i, i+1)
	}
	s.mu.Unlock()
	if i < 0 { // it got a slot meanwhile
		s.give(host)
	}
	return false
}

// give returns the slot of a call to the host.
func (s *slots) give(host string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.taken--
	if s.byHost[host]--; s.byHost[host] == 0 {
		delete(s.byHost, host)
	}
	s.serve()
}

// serve gives free slots to waiting calls. The caller holds s.mu.
func (s *slots) serve() {
	if s.byHost == nil {
		s.byHost = make(map[string]int)
	}
	s.waiting = slices.DeleteFunc(s.waiting, func(w *waiter) bool {
		if s.taken == maxCalls || s.byHost[w.host] == maxCallsPerHost {
			return false
		}
		s.taken++
		s.byHost[w.host]++
		close(w.ready)
		return true
	})
}
