package sockets

import (
	"sync"

	"moonlark/luastd"
)

// A Set has the connections of one generation of a script, which are closed with it. Any goroutine
// may use it.
type Set struct {
	owner luastd.Owner
	max   int

	mu     sync.Mutex // guards the fields below
	owned  bool       // CloseAll has been registered
	closed bool
	slots  map[*Slot]struct{}
}

// A Slot is the right to have one connection of a Set.
type Slot struct {
	set   *Set
	close func() // closes the connection; nil before Put
}

// NewSet returns a Set for at most max connections.
func NewSet(owner luastd.Owner, max int) *Set {
	return &Set{owner: owner, max: max, slots: make(map[*Slot]struct{})}
}

// Reserve returns a Slot, or nil if there are already max. The first call must be on the executor's
// goroutine. Call Release when the connection is closed, or if it could not be made.
func (s *Set) Reserve() *Slot {
	s.mu.Lock()
	defer s.mu.Unlock()
	if len(s.slots) >= s.max {
		return nil
	}
	if !s.owned {
		s.owned = true
		s.owner.Own(s.CloseAll)
	}
	slot := &Slot{set: s}
	s.slots[slot] = struct{}{}
	return slot
}

// Put says how the connection of s is closed. It returns false if the generation has ended: the
// caller must then close the connection.
func (s *Slot) Put(close func()) bool {
	s.set.mu.Lock()
	defer s.set.mu.Unlock()
	if s.set.closed {
		return false
	}
	s.close = close
	return true
}

// Release gives s back. It may be called more than once.
func (s *Slot) Release() {
	s.set.mu.Lock()
	defer s.set.mu.Unlock()
	delete(s.set.slots, s)
}

// CloseAll closes all connections at the same time. Put returns false from then on.
func (s *Set) CloseAll() {
	s.mu.Lock()
	s.closed = true
	var wg sync.WaitGroup
	for slot := range s.slots {
		if slot.close != nil {
			wg.Go(slot.close)
		}
	}
	s.mu.Unlock()
	wg.Wait()
}
