package udp

import (
	"context"
	"errors"
	"net"
	"net/netip"
	"slices"
	"sync"
	"time"

	"moonlark/engine/permit"
)

// A socket is an open socket, and the queue of the datagrams that the script has not received. With
// a certain port, it stays open when the script is loaded again: it is a luastd.Resource. Any
// goroutine may call its methods.
type socket struct {
	raw   *permit.UDPSocket
	port  int
	ended chan struct{} // closed when the goroutine that reads has ended

	mu      sync.Mutex // guards the fields below, and some of the handle
	user    *handle    // receives the datagrams; nil between two generations
	stopped bool
	queue   []datagram
	dropped int // number of datagrams that were dropped
}

// A datagram is what has been received.
type datagram struct {
	data string
	from netip.AddrPort
}

// newSocket returns a socket, and starts its goroutine.
func newSocket(raw *permit.UDPSocket) *socket {
	s := &socket{raw: raw, ended: make(chan struct{})}
	if local, ok := raw.LocalAddr().(*net.UDPAddr); ok {
		s.port = local.Port
	}
	go s.read()
	return s
}

// read puts datagrams into the queue until the socket is closed.
func (s *socket) read() {
	defer close(s.ended)
	p := make([]byte, 64<<10)
	for {
		n, from, err := s.raw.Receive(p)
		switch {
		case errors.Is(err, net.ErrClosed):
			return
		case err != nil:
			// On Windows, the answer to an earlier datagram, that nobody is there, is such an
			// error.
			time.Sleep(10 * time.Millisecond)
		default:
			s.add(datagram{string(p[:n]), from})
		}
	}
}

// add puts d into the queue. If there is no room, it drops the oldest datagrams.
func (s *socket) add(d datagram) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.stopped {
		return
	}
	for len(s.queue) >= maxQueue || !s.count(d) {
		s.drop(1)
		if len(s.queue) == 0 {
			return // the other modules have used up the budget
		}
		s.take()
	}
	s.queue = append(s.queue, d)
	s.user.wake()
}

// count counts d in the budget of the generation. Between two generations, nothing is counted. It
// returns false if the budget is used up. The caller holds s.mu.
func (s *socket) count(d datagram) bool { return s.user == nil || s.user.budget.Take(len(d.data)) }

// take removes the first datagram. The caller holds s.mu.
func (s *socket) take() datagram {
	d := s.queue[0]
	s.queue[0] = datagram{}
	if s.queue = s.queue[1:]; len(s.queue) == 0 {
		s.queue = nil
	}
	if s.user != nil {
		s.user.budget.Give(len(d.data))
	}
	return d
}

// drop counts n dropped datagrams. The caller holds s.mu.
func (s *socket) drop(n int) {
	s.dropped += n
	if s.user != nil && n > 0 {
		s.user.drops.CountDropped("udp", "datagrams", n)
	}
}

// setUser makes h receive the datagrams, also those in the queue, in place of the handle before. h
// may be nil. The caller holds s.mu.
func (s *socket) setUser(h *handle) {
	queue := slices.Clone(s.queue)
	for len(s.queue) > 0 {
		s.take() // gives back what is counted for the handle before
	}
	s.user = h
	for i := len(queue) - 1; i >= 0 && s.count(queue[i]); i-- {
		s.queue = queue[i:]
	}
	s.drop(len(queue) - len(s.queue))
}

// attach makes h receive the datagrams in place of the handle before, which belongs to an older
// generation.
func (s *socket) attach(h *handle) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if old := s.user; old != nil {
		old.replaced = true
		old.wake()
	}
	s.setUser(h)
}

// detach makes the datagrams wait for the next handle, if h receives them now. It returns false if
// h is closed already.
func (s *socket) detach(h *handle) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	if h.closed {
		return false
	}
	h.closed = true
	if h.cleanup != nil {
		h.cleanup.Stop()
	}
	if s.user == h {
		s.setUser(nil)
	}
	h.wake()
	return true
}

// Stop closes the socket, and drops the datagrams in the queue.
func (s *socket) Stop() {
	s.mu.Lock()
	s.stopped = true
	for len(s.queue) > 0 {
		s.take()
	}
	s.user.wake()
	s.mu.Unlock()
	s.raw.Close()
}

// Close waits for the goroutine.
func (s *socket) Close(context.Context) { <-s.ended }
