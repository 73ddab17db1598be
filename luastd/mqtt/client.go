package mqtt

import (
	"context"
	"fmt"
	"log/slog"
	"net"
	"slices"
	"sync"

	lua "github.com/yuin/gopher-lua"

	"moonlark/engine/safetext"
	"moonlark/luastd"
	"moonlark/luastd/mqttclient"
	"moonlark/luastd/sockets"
	"moonlark/luastd/value"
)

// A client is a client as one generation of the script has it.
type client struct {
	m     *module
	s     *settings
	slot  *sockets.Slot
	lease luastd.Lease
	user  *mqttclient.User

	// The fields below are for the executor's goroutine.
	session       *mqttclient.Client // nil until the claim is met
	failure       *sockets.Failure   // why the claim was not met
	subscriptions []*subscription
	handlers      map[string][]*handler // of the events "connect" and "disconnect"
	reply         *replies              // of client:request; nil before
	messages      *lua.LTable           // the metatable of messages; nil before the first
	homes         map[string]*home      // by id
	endFake       func()                // the fake broker gives no more messages; nil without one

	mu      sync.Mutex         // guards the fields below
	closed  bool               // the script has closed the client, or the generation has ended
	waiting map[*waiter]func() // ends the waits for an event of the connection
	last    mqttclient.Event   // the last event of the connection
	count   int                // number of events so far
}

func newClient(m *module, s *settings, slot *sockets.Slot) *client {
	c := &client{m: m, s: s, slot: slot, handlers: make(map[string][]*handler), homes: make(map[string]*home), waiting: make(map[*waiter]func())}
	broker := m.rt.Permit()
	c.user = &mqttclient.User{
		Dial:    func(ctx context.Context) (net.Conn, error) { return s.dial(ctx, broker) },
		Budget:  m.rt.Budget(),
		Dropped: func(n int) { m.rt.CountDropped("mqtt", "messages", n) },
		Event:   c.noteEvent,
		Log:     func(level slog.Level, text string) { m.rt.Log(level, safetext.Line(text)) },
	}
	return c
}

// claim asks for the session: that of the generation before, if all settings are equal, or a new
// one.
func (c *client) claim() error {
	loading := c.m.rt.Loading()
	o := c.s.options
	lease, err := c.m.rt.Claim(luastd.Claim{
		Kind: "mqtt client", Name: o.Host + " " + o.ClientID, Settings: c.s.key(),
		Open: func() (luastd.Resource, error) {
			if c.s.fake != nil {
				return resource{c.newFake(o)}, nil
			}
			session, err := clientIDs.open(o)
			if err != nil {
				return nil, err
			}
			return resource{session}, nil
		},
		Use: func(r luastd.Resource, err error) {
			if err != nil {
				c.failure = sockets.Explain(err, o.Host)
				if loading {
					c.m.rt.Log(slog.LevelError, "mqtt.connect: "+c.failure.Error())
				}
				return
			}
			c.use(r.(resource).Client)
		},
	})
	if err == nil {
		c.lease = lease
	}
	return err
}

// newFake returns a client of the fake broker.
func (c *client) newFake(o mqttclient.Options) *mqttclient.Client {
	session := mqttclient.NewFake(o, func(m *mqttclient.Message) {
		c.s.fake.Published(luastd.FakeMessage{Topic: m.Topic, Payload: m.Payload, QoS: m.QoS, Retained: m.Retain, ResponseTopic: m.ResponseTopic, Correlation: m.Correlation})
	})
	c.endFake = c.s.fake.Connect(func(m luastd.FakeMessage) {
		session.Deliver(&mqttclient.Message{Topic: m.Topic, Payload: m.Payload, QoS: m.QoS, Retain: m.Retained, ResponseTopic: m.ResponseTopic, Correlation: m.Correlation})
	})
	return session
}

// A resource is the client that stays connected when the script is loaded again.
type resource struct{ *mqttclient.Client }

func (r resource) Close(ctx context.Context) {
	r.Client.Close(ctx)
	clientIDs.forget(r.Client)
}

// use gets the session, and subscribes to what the script has asked for while it was loading.
func (c *client) use(session *mqttclient.Client) {
	if !c.slot.Put(c.end) {
		return
	}
	c.session = session
	session.Attach(c.user)
	for _, s := range c.subscriptions {
		s.attach()
	}
	session.Start()
}

// end gives the session to the next generation, or to nobody.
func (c *client) end() {
	c.mu.Lock()
	c.closed = true
	c.wakeAll()
	c.mu.Unlock()
	c.session.Detach(c.user)
	if c.endFake != nil {
		c.endFake()
	}
}

// close disconnects, unless another generation has the session. It may be called more than once.
func (c *client) close() {
	c.mu.Lock()
	closed := c.closed
	c.closed = true
	c.wakeAll()
	c.mu.Unlock()
	if closed {
		return
	}
	c.lease.Release()
	c.slot.Release()
	if c.endFake != nil {
		c.endFake()
	}
	for _, s := range c.subscriptions {
		s.wakeTask()
	}
}

// errClosed is the failure of the methods after close.
var errClosed = sockets.Fail("closed", "the script has closed the client")

// status returns why c cannot be used, or nil.
func (c *client) status() *sockets.Failure {
	if c.failure != nil {
		return c.failure
	}
	if _, _, closed := c.events(); closed || c.session == nil {
		return errClosed
	}
	return nil
}

// clientMetatable returns the metatable of clients.
func (m *module) clientMetatable(L *lua.LState) *lua.LTable {
	return value.HandleMetatable(L, "mqtt client", map[string]lua.LGFunction{
		"publish": m.publish, "subscribe": m.subscribe, "request": m.request, "wait": m.waitConnected, "on": m.on,
		"connected": func(L *lua.LState) int {
			L.Push(lua.LBool(checkClient(L).isConnected()))
			return 1
		},
		"close": func(L *lua.LState) int {
			checkClient(L).close()
			L.Push(lua.LTrue)
			return 1
		},
		"home_assistant": m.homeAssistant,
	}, func(c *client, name string) lua.LValue {
		switch name {
		case "id":
			return lua.LString(c.s.options.ClientID)
		case "url":
			return lua.LString(c.s.shown())
		}
		return lua.LNil
	})
}

// checkClient returns argument 1, which must be a client.
func checkClient(L *lua.LState) *client {
	return value.CheckHandle[*client](L, "a client", "client:publish(topic, payload)")
}

func (c *client) isConnected() bool {
	last, _, closed := c.events()
	return last.Connected && !closed
}

// String returns the text of tostring.
func (c *client) String() string {
	last, _, closed := c.events()
	state := "not connected"
	switch {
	case closed:
		state = "closed"
	case last.Connected:
		state = "connected"
	}
	return fmt.Sprintf("mqtt client %s (%s)", c.s.shown(), state)
}

// forget removes s from the subscriptions.
func (c *client) forget(s *subscription) {
	c.subscriptions = slices.DeleteFunc(c.subscriptions, func(other *subscription) bool { return other == s })
}
