package httpserve

import (
	"net"
	"net/http"
	"strconv"
	"sync"

	lua "github.com/yuin/gopher-lua"

	"moonlark/luastd"
)

// A site is a server as one generation of the script has described it: the functions for its paths.
// It gets the requests of a front while the generation is in use.
type site struct {
	m        *module
	settings settings
	mux      *http.ServeMux
	gone     chan struct{} // closed when the site takes no more requests
	ended    chan struct{} // closed when the generation has ended, or the server was closed

	// The fields below belong to the executor's goroutine.
	lease     luastd.Lease
	front     *front // nil while there is none
	feedPaths map[string]*feed
	openings  map[*opening]struct{} // the WebSockets
	closed    bool
	active    int // number of requests whose function runs
	release   func()

	mu      sync.Mutex // guards the fields below, and the states of exchanges
	left    bool       // gone is closed
	done    bool       // ended is closed
	waiting []waitingExchange
	wake    func(any) // done of the Await of the task; nil if the task does not wait
}

// A waitingExchange is a request that waits for the executor.
type waitingExchange struct {
	route    *route
	exchange *exchange
}

// A route is a function of the script for a method and a path.
type route struct {
	name   string // such as "GET /hook/{id}"
	params []string
	fn     *lua.LFunction
	// isSocket says that the function gets a WebSocket.
	isSocket bool
}

func (m *module) newSite(s settings) *site {
	return &site{
		m: m, settings: s, mux: http.NewServeMux(), feedPaths: map[string]*feed{}, openings: map[*opening]struct{}{},
		gone: make(chan struct{}), ended: make(chan struct{}),
	}
}

// run is the Lua function of the task: it starts a task for each request. It is killed when the
// script is replaced.
func (s *site) run(L *lua.LState) int {
	s.tryAgain(L)
	if s.closed {
		return 0
	}
	front := s.front
	defer front.detach(s)
	front.attach(s)
	for s.wait(L) {
		for r, x := s.take(); x != nil; r, x = s.take() {
			if r.isSocket {
				s.beginSocket(L, r, x)
			} else {
				s.begin(L, r, x)
			}
		}
	}
	return 0
}

// wait waits until there is a request. It returns false when the server has been closed.
func (s *site) wait(L *lua.LState) bool {
	s.m.rt.Await(L, func(done func(any)) func() {
		s.wakeWith(done)
		return nil
	})
	return !s.closed
}

// wakeWith makes wakeUp call wake. It calls wake at once if a request waits, or if the site takes
// no more requests.
func (s *site) wakeWith(wake func(any)) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if len(s.waiting) > 0 || s.left {
		wake(nil)
	} else {
		s.wake = wake
	}
}

// wakeUp ends the wait of the task. The caller holds s.mu.
func (s *site) wakeUp() {
	if s.wake != nil {
		s.wake(nil)
		s.wake = nil
	}
}

// offer puts a request into the queue. It returns an answer if the queue is full. It sets x.again
// if the site takes no more requests. Any goroutine may call it.
func (s *site) offer(rt *route, x *exchange) *answer {
	s.mu.Lock()
	defer s.mu.Unlock()
	switch {
	case s.left:
		x.again = true
	case len(s.waiting) >= maxWaiting:
		return busy("too many requests are waiting")
	default:
		x.state = stateWaiting
		s.waiting = append(s.waiting, waitingExchange{rt, x})
		s.wakeUp()
	}
	return nil
}

// withdraw takes x out of the queue. It returns false if the executor has it already. Any goroutine
// may call it.
func (s *site) withdraw(x *exchange) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	if x.state == stateTaken {
		return false
	}
	x.state = stateOutside
	return true
}

// take returns the next request, or nil if there is none.
func (s *site) take() (*route, *exchange) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for len(s.waiting) > 0 && !s.left {
		w := s.waiting[0]
		s.waiting[0] = waitingExchange{}
		s.waiting = s.waiting[1:]
		if w.exchange.state == stateWaiting {
			w.exchange.state = stateTaken
			return w.route, w.exchange
		}
	}
	return nil, nil
}

// leave makes the site take no more requests. Those in the queue go to the next site. Any goroutine
// may call it, more than once.
func (s *site) leave() {
	s.mu.Lock()
	defer s.mu.Unlock()
	if !s.left {
		s.left = true
		s.waiting = nil
		close(s.gone)
		s.wakeUp()
	}
}

// end makes the goroutines of the requests wait no longer for their functions, because the
// generation has ended. Any goroutine may call it, more than once.
func (s *site) end() {
	s.leave()
	s.mu.Lock()
	defer s.mu.Unlock()
	if !s.done {
		s.done = true
		close(s.ended)
	}
}

// close closes the server. The functions of requests that have begun go on.
func (s *site) close() {
	if s.closed {
		return
	}
	s.closed = true
	s.m.open--
	if s.front != nil {
		s.front.detach(s)
	}
	s.leave()
	for o := range s.openings {
		o.goAway()
	}
	if s.lease != nil {
		s.lease.Release()
	}
	if s.active == 0 {
		s.release()
	}
}

// port returns the port of the server, or 0 if it is not known yet.
func (s *site) port() int {
	if s.front != nil {
		return s.front.port
	}
	return int(s.settings.port)
}

// url returns the URL of the server for programs on this machine, or "" if its port is not known
// yet.
func (s *site) url() string {
	if s.port() == 0 {
		return ""
	}
	scheme, host := "http", s.settings.host
	if s.settings.tls != nil {
		scheme = "https"
	}
	switch host {
	case "0.0.0.0", "::", "lan":
		host = "localhost"
	}
	return scheme + "://" + net.JoinHostPort(host, strconv.Itoa(s.port()))
}

func (s *site) String() string {
	switch {
	case s.closed:
		return "http server (closed)"
	case s.url() == "":
		return "http server"
	}
	return "http server " + s.url()
}
