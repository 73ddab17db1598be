// Package mqttclient keeps a session at an MQTT broker, with MQTT 5 or MQTT 3.1.1: it connects,
// connects again whenever the connection has ended, subscribes again, and sends again what the
// broker has not acknowledged. It knows nothing of Lua.
//
// Each [Client] has one goroutine, which connects and writes, and during a connection another one,
// which reads. A client outlives the generations of a script: the generation that uses it now is
// its [User]. The callbacks of a user are called while the client is locked, so they must not block
// and must not call methods of the client.
//
// The encoding of the packets is in this package, because one session has to speak both versions,
// and because the packages that exist lose all but one of the subscriptions to which a message
// belongs.
package mqttclient

import (
	"context"
	"fmt"
	"log/slog"
	"net"
	"slices"
	"sync"
	"time"

	"moonlark/engine/backoff"
	"moonlark/engine/repeat"
	"moonlark/luastd/sockets"
)

// Options are the settings of a client, which never change.
type Options struct {
	Host     string // host and port, for messages
	ClientID string
	User     string
	Password string
	Version  int // 5, 4 for MQTT 3.1.1, or 0: MQTT 5, and MQTT 3.1.1 if the broker does not know MQTT 5

	// SessionExpiry is how many seconds the broker keeps the session when there is no connection.
	// 0 means that each connection has a new session.
	SessionExpiry uint32
	KeepAlive     time.Duration // whole seconds, at least one
	Will          *Message      // what the broker sends when the connection is lost; may be nil
	WillDelay     time.Duration
	// Status is a topic that has the message "online" while there is a connection, and else
	// "offline". "" means that there is none. Otherwise, Will must be nil.
	Status     string
	MaxMessage int           // maximal length of a received message, in bytes
	Timeout    time.Duration // how long an attempt to connect may take

	// After is closed when the client may connect, because another one with the same id has ended.
	// nil means that it may connect at once.
	After <-chan struct{}
	// Backoff are the pauses between attempts. The zero value means from a second to a minute.
	Backoff backoff.Backoff
}

// stableTime is how long a connection must have lasted before the pauses begin with the first again.
const stableTime = 30 * time.Second

// The messages of the topic Options.Status.
const (
	online  = "online"
	offline = "offline"
)

func (o *Options) status(text string) *Message {
	return &Message{Topic: o.Status, Payload: text, QoS: 1, Retain: true}
}

// will returns what the broker sends when the connection is lost, or nil.
func (o *Options) will() *Message {
	if o.Status != "" {
		return o.status(offline)
	}
	return o.Will
}

// A User is a generation of a script that uses a client. Its functions must not block.
type User struct {
	// Dial opens a connection to the broker. The client is not locked meanwhile, and Dial may take
	// as long as its context.
	Dial    func(ctx context.Context) (net.Conn, error)
	Budget  Budget
	Dropped func(n int)   // n received messages were dropped
	Event   func(e Event) // something has happened to the connection
	Log     func(level slog.Level, text string)
}

// A Budget counts the bytes that wait for a user: see luastd.Budget.
type Budget interface {
	Take(n int) bool
	Give(n int)
}

// An Event says that the client has connected, or that the connection has ended.
type Event struct {
	Connected bool
	Resumed   bool             // the broker has kept the session
	Version   int              // of the protocol: 5 or 4
	Failure   *sockets.Failure // why the connection has ended; nil otherwise
}

// errStopped is the failure of everything after Stop.
var errStopped = sockets.Fail("closed", "the script has closed the client")

// A Client keeps a session at a broker. Any goroutine may call its methods.
type Client struct {
	opts   Options
	ctx    context.Context // done after Stop
	cancel func()
	start  sync.Once
	done   chan struct{} // closed when the client has ended
	wake   chan struct{} // has a value when there is something to write

	// The fields below are for the goroutine of run.
	version       byte // of the protocol
	knowsVersion5 bool // the broker has accepted MQTT 5

	fake func(*Message) // takes the place of the broker in a test of a script; nil if there is one

	mu            sync.Mutex // guards the fields below, and what the comments of other types name
	user          *User      // nil between two generations
	stopped       bool
	drainEnd      time.Time        // when the connection ends at the latest, after Stop
	link          *link            // nil while there is no connection
	event         Event            // the last one
	failure       *sockets.Failure // of the last attempt to connect; nil while there is a connection
	routes        []*Route
	subscriptions map[string]*subscription // by filter
	byID          map[int]*subscription
	asked         map[uint16]*subscription // subscribed to, or not any more, without an answer
	outbox        []*publication
	outBytes      int // size of the messages in outbox and inFlight
	inFlight      map[uint16]*publication
	order         []*publication // those of inFlight, in the order in which they were sent
	lastID        uint16
	received      map[uint16]bool // QoS 2: ids of messages that the broker may send again
	tooLarge      int             // number of received messages that were dropped, because they were too large
}

// New returns a client, which connects after Start. Stop and then Close must be called.
func New(opts Options) *Client {
	if opts.Backoff == (backoff.Backoff{}) {
		opts.Backoff = backoff.Backoff{First: time.Second, Max: time.Minute, Jitter: true}
	}
	c := &Client{
		opts: opts, done: make(chan struct{}), wake: make(chan struct{}, 1), version: version5,
		subscriptions: make(map[string]*subscription), byID: make(map[int]*subscription), asked: make(map[uint16]*subscription),
		inFlight: make(map[uint16]*publication), received: make(map[uint16]bool),
	}
	if opts.Version == version3 {
		c.version = version3
	}
	c.ctx, c.cancel = context.WithCancel(context.Background())
	return c
}

// NewFake returns a client for the test of a script, which is always connected to a broker that
// only calls publish for each message. It is a fake: there is no network and no time.
func NewFake(opts Options, publish func(m *Message)) *Client {
	c := New(opts)
	c.fake = publish
	return c
}

// Start makes the client connect, unless it does so already.
func (c *Client) Start() {
	c.start.Do(func() {
		if c.fake == nil {
			go c.run()
			return
		}
		c.mu.Lock()
		defer c.mu.Unlock()
		c.report(Event{Connected: true, Version: version5})
		close(c.done)
	})
}

// Deliver gives a message to the Routes whose filters match. Only a client that NewFake has made
// has it called from outside.
func (c *Client) Deliver(m *Message) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.deliver(m, nil)
}

// handOverTime is how long Routes without a user are kept.
const handOverTime = 3 * time.Second

// Attach makes u the user. If there is a connection, u is told. The user before gets no more
// messages. The Routes that u does not subscribe to in handOverTime are closed.
func (c *Client) Attach(u *User) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.setUser(u)
	if c.event.Connected {
		u.Event(c.event)
	}
	time.AfterFunc(handOverTime, func() {
		c.mu.Lock()
		defer c.mu.Unlock()
		if c.user != u {
			return
		}
		for _, r := range slices.Clone(c.routes) {
			if r.user == nil {
				r.close()
			}
		}
		c.notify()
	})
}

// Detach says that u does not use the client any more. The messages wait for the next user.
func (c *Client) Detach(u *User) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.user == u {
		c.setUser(nil)
	}
}

// setUser changes the user. The caller holds c.mu.
func (c *Client) setUser(u *User) {
	c.user = u
	for _, r := range c.routes {
		if r.user != nil {
			wake := r.wake
			r.setUser(nil)
			r.wake = func() {}
			wake()
		}
	}
}

// State returns the last event, and why there is no connection.
func (c *Client) State() (Event, *sockets.Failure) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.stopped {
		return Event{Failure: errStopped}, errStopped
	}
	return c.event, c.failure
}

// Stop ends the client: it sends what waits, and disconnects. It does not wait for that.
func (c *Client) Stop() {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.stopped {
		return
	}
	c.stopped = true
	c.drainEnd = time.Now().Add(drainTime)
	time.AfterFunc(drainTime, c.hurry)
	for _, r := range c.routes {
		for len(r.queue) > 0 {
			r.take()
		}
		r.wake()
	}
	c.cancel()
	c.notify()
	c.start.Do(func() { close(c.done) }) // it has not been started
}

// Close waits until the client has ended. When ctx is done, what waits is not sent any more. Call
// Stop before.
func (c *Client) Close(ctx context.Context) {
	defer context.AfterFunc(ctx, c.hurry)()
	<-c.done
}

const (
	// drainTime is how long what waits may be sent after Stop.
	drainTime = 2 * time.Second
	// farewellTime is how long the broker may take to accept the last packets.
	farewellTime = time.Second / 2
)

// hurry sets the deadline for sending the last packets to now. What the broker has not accepted by then
// is dropped, and the connection is closed.
func (c *Client) hurry() {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.drainEnd = time.Now()
	if l := c.link; l != nil {
		time.AfterFunc(farewellTime, func() { l.conn.Close() })
	}
	c.notify()
}

// Done is closed when the client has ended.
func (c *Client) Done() <-chan struct{} { return c.done }

// notify wakes the goroutine that writes.
func (c *Client) notify() {
	select {
	case c.wake <- struct{}{}:
	default:
	}
}

// log writes to the log of the user. The caller holds c.mu.
func (c *Client) log(level slog.Level, format string, args ...any) {
	if c.user != nil {
		c.user.Log(level, fmt.Sprintf(format, args...))
	}
}

// report tells the user what has happened to the connection. The caller holds c.mu.
func (c *Client) report(e Event) {
	c.event = e
	if c.user != nil {
		c.user.Event(e)
	}
}

// run connects again and again until Stop is called.
func (c *Client) run() {
	defer c.end()
	if c.opts.After != nil {
		select {
		case <-c.opts.After:
		case <-c.ctx.Done():
			return
		}
	}
	pauses, failures, cutOff := c.opts.Backoff, 0, 0
	for c.ctx.Err() == nil {
		began := time.Now()
		lost := c.connect()
		if c.ctx.Err() != nil {
			return
		}
		if lost.wasConnected {
			failures, cutOff = 0, 0
		} else if failures++; failures == 1 || repeat.Shown(failures) {
			c.logFailure(failures, lost.failure)
		}
		if lost.wasConnected && time.Since(began) >= stableTime {
			pauses.Reset()
		}
		if lost.maybeVersion {
			cutOff++
		}
		if c.opts.Version == 0 && !c.knowsVersion5 && (lost.otherVersion || cutOff >= 2) {
			c.version ^= version3 ^ version5
			cutOff = 0
			if c.version == version3 {
				continue // at once
			}
		}
		pause := pauses.Next()
		if lost.takenOver {
			pause = c.opts.Backoff.Max
		}
		c.sleep(pause)
	}
}

// logFailure logs the first failed attempt, and later ones more and more rarely.
func (c *Client) logFailure(n int, f *sockets.Failure) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.log(slog.LevelWarn, "mqtt %s: attempt %d: %s", c.opts.Host, n, f.Error())
}

// sleep waits for d, or until Stop is called.
func (c *Client) sleep(d time.Duration) {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-timer.C:
	case <-c.ctx.Done():
	}
}

// end finishes what has not been sent.
func (c *Client) end() {
	c.mu.Lock()
	defer c.mu.Unlock()
	for _, p := range append(c.order, c.outbox...) {
		p.finish(errStopped)
	}
	c.outbox, c.order, c.inFlight, c.outBytes = nil, nil, nil, 0
	close(c.done)
}

// Stopped reports whether Stop has been called.
func (c *Client) Stopped() bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.stopped
}
