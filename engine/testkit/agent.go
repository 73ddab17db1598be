package testkit

import (
	"net"
	"net/http"
	"sync"
	"time"

	"github.com/gorilla/websocket"
)

// An Agent is a server that speaks the ElevenLabs conversation protocol on a loopback WebSocket. A
// function of the test plays the agent's part in each conversation.
type Agent struct {
	URL string // WebSocket URL of the agent, such as "ws://127.0.0.1:40123"

	t        TB
	opts     AgentOptions
	play     func(*Conversation)
	server   *http.Server
	handlers sync.WaitGroup // counts the conversations in progress

	mu    sync.Mutex             // guards the fields below
	count int                    // number of clients that have connected
	open  map[*Conversation]bool // conversations in progress
	done  bool                   // the test has ended
}

// AgentOptions say how an Agent treats its clients. With the zero value, the Agent serves any
// number of clients on a free port and does not check the frames that they send.
type AgentOptions struct {
	// Addr is the address to listen on. Empty means a free port of 127.0.0.1.
	Addr string

	// Handshake is called with each request. It must either answer the request itself, for example
	// with an error status, or call accept. accept completes the WebSocket handshake, plays the
	// conversation and returns after its end. A nil Handshake accepts every request.
	Handshake func(w http.ResponseWriter, r *http.Request, accept func())

	// Check is called with each frame that a client sends, on the goroutine that reads the
	// connection. If Check returns an error, the test fails. A nil Check accepts every frame.
	Check func(*Conversation, Frame) error
}

// Serve starts an Agent with the zero options. For each client that connects, play is called on a
// new goroutine, before any frame is read or sent. The connection is closed when play returns. The
// Agent stops at the end of the test, which waits until play has returned.
func Serve(t TB, play func(*Conversation)) *Agent {
	t.Helper()
	return AgentOptions{}.Serve(t, play)
}

// ServeOpen starts an Agent like Serve, but calls [Conversation.Open] before play.
func ServeOpen(t TB, play func(*Conversation)) *Agent {
	t.Helper()
	return AgentOptions{}.Serve(t, Opened(play))
}

// Opened returns a function that calls [Conversation.Open] and then play.
func Opened(play func(*Conversation)) func(*Conversation) {
	return func(c *Conversation) {
		c.Open()
		play(c)
	}
}

// Serve starts an Agent with the options o. Otherwise it is the same as the function [Serve].
func (o AgentOptions) Serve(t TB, play func(*Conversation)) *Agent {
	t.Helper()
	addr := o.Addr
	if addr == "" {
		addr = "127.0.0.1:0"
	}
	listener, err := net.Listen("tcp", addr)
	if err != nil {
		t.Fatalf("agent: %v", err)
	}
	a := &Agent{t: t, opts: o, play: play, URL: "ws://" + listener.Addr().String(), open: make(map[*Conversation]bool)}
	a.server = &http.Server{Handler: a}
	serving := make(chan struct{})
	go func() { defer close(serving); a.server.Serve(listener) }()
	t.Cleanup(func() {
		a.server.Close()
		<-serving
		a.end()
	})
	return a
}

// Host returns the address of the Agent, such as "127.0.0.1:40123".
func (a *Agent) Host() string { return a.URL[len("ws://"):] }

// Conversations returns how many clients have connected so far.
func (a *Agent) Conversations() int {
	a.mu.Lock()
	defer a.mu.Unlock()
	return a.count
}

// Cut closes all connections without a close frame.
func (a *Agent) Cut() {
	a.mu.Lock()
	defer a.mu.Unlock()
	for c := range a.open {
		c.Conn.Close()
	}
}

// end waits until all conversations have ended. If the test has failed, or if the conversations do
// not end within Timeout, end cuts their connections.
func (a *Agent) end() {
	a.mu.Lock()
	a.done = true
	a.mu.Unlock()
	if a.t.Failed() {
		a.Cut()
	}
	ended := make(chan struct{})
	go func() { defer close(ended); a.handlers.Wait() }()
	select {
	case <-ended:
		return
	case <-time.After(Timeout):
		a.t.Errorf("agent: a conversation has not ended")
	}
	a.Cut()
	<-ended
}

// ServeHTTP handles one request. The HTTP server calls it on the goroutine of the connection.
func (a *Agent) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	a.mu.Lock()
	if a.done {
		a.mu.Unlock()
		return
	}
	a.handlers.Add(1)
	a.mu.Unlock()
	defer a.handlers.Done()

	if a.opts.Handshake == nil {
		a.accept(w, r)
		return
	}
	a.opts.Handshake(w, r, func() { a.accept(w, r) })
}

// accept completes the WebSocket handshake, plays the conversation and closes the connection.
func (a *Agent) accept(w http.ResponseWriter, r *http.Request) {
	upgrader := websocket.Upgrader{
		Subprotocols: []string{"convai"},
		CheckOrigin:  func(*http.Request) bool { return true },
	}
	conn, err := upgrader.Upgrade(w, r, nil)
	if err != nil {
		return // the client left during the handshake
	}
	a.mu.Lock()
	a.count++
	c := newConversation(a, conn, r, a.count)
	a.open[c] = true
	a.mu.Unlock()
	defer func() {
		c.end()
		a.mu.Lock()
		delete(a.open, c)
		a.mu.Unlock()
	}()
	a.play(c)
}
