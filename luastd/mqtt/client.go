package mqtt

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"slices"
	"sync"
	"time"

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

// A waiter stands for one wait.
type waiter struct{ _ byte }

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

// noteEvent is the function Event of the user. It may be called by any goroutine.
func (c *client) noteEvent(e mqttclient.Event) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.last = e
	c.count++
	c.wakeAll()
}

// wakeAll ends the waits for an event. The caller holds c.mu.
func (c *client) wakeAll() {
	for _, wake := range c.waiting {
		wake()
	}
	clear(c.waiting)
}

// onEvent makes wake be called at the next event, or at once if there were more than seen events.
// stop ends that.
func (c *client) onEvent(seen int, wake func()) (stop func()) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.closed || c.count > seen {
		wake()
		return func() {}
	}
	w := new(waiter)
	c.waiting[w] = wake
	return func() {
		c.mu.Lock()
		defer c.mu.Unlock()
		delete(c.waiting, w)
	}
}

// events returns the last event, and how many there were.
func (c *client) events() (last mqttclient.Event, count int, closed bool) {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.last, c.count, c.closed
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

// waitConnected is the Lua method client:wait.
func (m *module) waitConnected(L *lua.LState) int {
	luastd.CheckLoaded(L, m.rt, "client:wait")
	c := checkClient(L)
	timeout := m.rt.WaitLimit(value.OptTimeout(L, 2, c.s.options.Timeout, maxTimeout))
	var f *sockets.Failure
	var seen int
	connected := m.wait(L, c.s.fake != nil, timeout, func() bool {
		var last mqttclient.Event
		last, seen, _ = c.events()
		f = c.status()
		return f != nil || last.Connected
	}, func(wake func()) func() { return c.onEvent(seen, wake) })
	switch {
	case f != nil:
		return f.Push(L)
	case connected:
		L.Push(lua.LTrue)
		return 1
	}
	if _, failure := c.session.State(); failure != nil {
		return failure.Push(L)
	}
	return value.PushFailure(L, "timeout", "no connection to %s in %s", c.s.at(), sockets.Seconds(timeout))
}

// wait calls take until it returns true, and then returns true. Between two calls, the running task
// waits until the function wake that begin gets is called, or until timeout has passed: then wait
// returns false. A negative timeout means no limit. stop, which begin returns, is called after each
// wait. In a test with a fake broker, the wait ends only by what the test does, so that the clock
// may move meanwhile.
func (m *module) wait(L *lua.LState, isFake bool, timeout time.Duration, take func() bool, begin func(wake func()) (stop func())) bool {
	for deadline := m.rt.Elapsed().Add(timeout); !take(); {
		left := deadline.Sub(m.rt.Elapsed())
		if timeout >= 0 && left <= 0 {
			return false
		}
		m.waitOnce(L, isFake, timeout >= 0, left, begin)
	}
	return true
}

// waitOnce makes the running task wait once, for at most timeout if limited is true.
func (m *module) waitOnce(L *lua.LState, isFake, limited bool, timeout time.Duration, begin func(wake func()) (stop func())) {
	await := m.rt.Await
	if isFake {
		await = m.rt.Rest
	}
	var stops []func()
	defer func() { // await panics if the task has been killed
		for _, stop := range stops {
			stop()
		}
	}()
	await(L, func(done func(any)) func() {
		stops = append(stops, begin(func() { done(nil) }))
		if limited {
			timer := m.rt.AfterFunc(timeout, func() { done(nil) })
			stops = append(stops, func() { timer.Stop() })
		}
		return nil
	})
}

// A handler is a function for the events of a client.
type handler struct {
	event string
	fn    *lua.LFunction
	seen  int // how many events have been handled
}

// on is the Lua method client:on.
func (m *module) on(L *lua.LState) int {
	c := checkClient(L)
	h := &handler{event: value.CheckChoice(L, 2, "connect", "disconnect"), fn: L.CheckFunction(3)}
	if len(c.handlers[h.event]) >= 16 {
		L.RaiseError("client:on: there are 16 functions for this event already")
	}
	last, count, _ := c.events()
	if h.event == "connect" && last.Connected {
		h.seen = count - 1 // for the connection that there is
	} else {
		h.seen = count
	}
	c.handlers[h.event] = append(c.handlers[h.event], h)
	m.spawn(L, "client:on", func(L *lua.LState) int {
		c.handle(L, h)
		return 0
	})
	return 0
}

// spawn starts a task that runs fn. It raises an error if that is not possible.
func (m *module) spawn(L *lua.LState, name string, fn lua.LGFunction) {
	if err := m.rt.Spawn(L.NewFunction(fn), nil); err != nil {
		L.RaiseError("%s: %s", name, err)
	}
}

// handle calls the function of h for the events of the connection. If there are more events than
// the function can handle, it gets only the last one.
func (c *client) handle(L *lua.LState, h *handler) {
	for {
		var event mqttclient.Event
		var closed bool
		c.m.wait(L, c.s.fake != nil, -1, func() bool {
			var count int
			if event, count, closed = c.events(); count > h.seen || closed {
				h.seen = count
				return true
			}
			return false
		}, func(wake func()) func() { return c.onEvent(h.seen, wake) })
		if closed {
			return
		}
		if event.Connected == (h.event == "connect") {
			c.call(L, "mqtt: "+h.event, h.fn, eventTable(L, event), nil)
		}
	}
}

func eventTable(L *lua.LState, e mqttclient.Event) *lua.LTable {
	t := L.CreateTable(0, 2)
	if e.Connected {
		t.RawSetString("version", lua.LNumber(e.Version))
		t.RawSetString("resumed", lua.LBool(e.Resumed))
	} else if e.Failure != nil {
		t.RawSetString("reason", lua.LString(safetext.Line(e.Failure.Error())))
		t.RawSetString("code", lua.LString(e.Failure.Code))
	}
	return t
}

// call runs a function of the script as a task of its own, so that an error or a kill ends only
// that task, and waits until the task has ended. If the task does not begin, because the script is
// replaced or because too many tasks wait, call calls unused, which may be nil. It returns false if
// the script has been replaced.
func (c *client) call(L *lua.LState, name string, fn *lua.LFunction, arg lua.LValue, unused func(), more ...lua.LValue) bool {
	began := false
	run := L.NewFunction(func(L *lua.LState) int {
		began = true
		L.Push(fn)
		L.Push(arg)
		for _, v := range more {
			L.Push(v)
		}
		L.Call(1+len(more), 0)
		return 0
	})
	err, _ := c.m.rt.Await(L, func(done func(any)) func() {
		_, err := c.m.rt.Start(luastd.TaskSpec{Name: name, Fn: run, Ended: func(o luastd.Outcome) bool {
			if !began && unused != nil {
				unused()
			}
			done(nil)
			return false
		}})
		if err != nil {
			if unused != nil {
				unused()
			}
			done(err)
		}
		return nil
	}).(error)
	switch {
	case errors.Is(err, luastd.ErrReplaced):
		return false
	case err != nil && unused == nil:
		c.m.rt.Log(slog.LevelWarn, fmt.Sprintf("%s was not called: %s", name, err))
	case err != nil:
		c.m.sleep(L, 10*time.Millisecond)
	}
	return true
}

// sleep makes the task wait for d.
func (m *module) sleep(L *lua.LState, d time.Duration) {
	m.rt.Rest(L, func(done func(any)) func() {
		timer := m.rt.AfterFunc(d, func() { done(nil) })
		return func() { timer.Stop() }
	})
}

// forget removes s from the subscriptions.
func (c *client) forget(s *subscription) {
	c.subscriptions = slices.DeleteFunc(c.subscriptions, func(other *subscription) bool { return other == s })
}
