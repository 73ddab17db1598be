package mqtt

import (
	"fmt"
	"slices"
	"strings"
	"sync"
	"time"

	lua "github.com/yuin/gopher-lua"

	"moonlark/luastd/mqttclient"
	"moonlark/luastd/sockets"
	"moonlark/luastd/value"
)

// A subscription is a subscription as one generation of the script has it. The fields without a
// comment never change.
type subscription struct {
	c       *client
	filters []string
	options mqttclient.SubscribeOptions
	fn      *lua.LFunction // gets the messages; nil if the script receives them itself
	// internal gets the messages in place of fn, for the module itself
	internal  func(L *lua.LState, msg mqttclient.Received)
	route     *mqttclient.Route // nil until the claim of the client is met
	receiving bool              // a task waits in receive; for the executor's goroutine
	closed    bool              // for the executor's goroutine

	mu   sync.Mutex // guards the field below
	wake func()     // ends the wait of the task that receives; nil if no task waits
}

// subscribe is the Lua method client:subscribe.
func (m *module) subscribe(L *lua.LState) int {
	c := checkClient(L)
	s := &subscription{c: c, filters: checkFilters(L)}
	n := 3
	if fn, ok := L.Get(3).(*lua.LFunction); ok { // the options have been left out
		s.fn = fn
		n = 4
	} else if fn := L.Get(4); fn != lua.LNil {
		s.fn = L.CheckFunction(4)
	}
	o := value.CheckOptions(L, n, "qos", "retained", "no_local")
	s.options = mqttclient.SubscribeOptions{
		QoS: byte(o.Int("qos", 0, 0, 2)), Retained: o.Bool("retained", true), NoLocal: o.Bool("no_local", false),
	}
	if s.options.NoLocal && slices.ContainsFunc(s.filters, func(filter string) bool { return strings.HasPrefix(filter, "$share/") }) {
		L.ArgError(n, "a shared subscription cannot have no_local")
	}
	if !m.rt.Loading() {
		if f := c.status(); f != nil {
			return f.Push(L)
		}
	}
	if err := c.add(L, s); err != nil {
		L.RaiseError("client:subscribe: %s", err)
	}
	L.Push(&lua.LUserData{Value: s, Env: L.Env, Metatable: m.subscriptions})
	return 1
}

// checkFilters returns argument 2, a filter or a list of filters.
func checkFilters(L *lua.LState) []string {
	if t, ok := L.Get(2).(*lua.LTable); ok {
		var filters []string
		for i := 1; i <= t.Len(); i++ {
			filter, ok := t.RawGetInt(i).(lua.LString)
			if !ok {
				L.ArgError(2, "want a filter, or a list of filters, such as \"home/+/temperature\"")
			}
			filters = append(filters, string(filter))
			checkArgument(L, 2, "the filter "+value.Quote(string(filter)), mqttclient.CheckFilter(string(filter)))
		}
		if len(filters) == 0 || len(filters) > 64 {
			L.ArgError(2, "the list must have 1 to 64 filters")
		}
		return filters
	}
	filter := L.CheckString(2)
	checkArgument(L, 2, "the filter "+value.Quote(filter), mqttclient.CheckFilter(filter))
	return []string{filter}
}

// add subscribes, or does so when the claim of the client is met. If s has a function, a task calls
// it for each message.
func (c *client) add(L *lua.LState, s *subscription) error {
	if len(c.subscriptions) >= maxSubscriptions {
		return fmt.Errorf("there are %d subscriptions already", maxSubscriptions)
	}
	delivers := s.fn != nil || s.internal != nil
	if delivers && c.m.functions >= maxFunctions {
		return fmt.Errorf("the script has %d subscriptions with a function already", maxFunctions)
	}
	c.subscriptions = append(c.subscriptions, s)
	if c.session != nil {
		s.attach()
	}
	if !delivers {
		return nil
	}
	c.m.functions++
	return c.m.rt.Spawn(L.NewFunction(s.deliver), nil)
}

// attach subscribes to the filters of s in the session. From then on, the route of s gets the messages.
func (s *subscription) attach() {
	s.route = s.c.session.Subscribe(s.c.user, s.filters, s.options, s.wakeTask)
}

// wakeTask ends the wait of the task that receives. Any goroutine may call it.
func (s *subscription) wakeTask() {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.wake != nil {
		s.wake()
		s.wake = nil
	}
}

// close ends the subscription.
func (s *subscription) close() {
	if s.closed {
		return
	}
	s.closed = true
	s.c.forget(s)
	if s.route != nil {
		s.route.Close(s.c.user)
	}
	s.wakeTask()
}

// next waits for the next message. If there is none, failure says why; it is nil after the timeout.
// A negative timeout means no limit. A task that delivers waits also while the broker refuses the
// subscription.
func (s *subscription) next(L *lua.LState, timeout time.Duration, delivers bool) (msg mqttclient.Received, ok bool, failure *sockets.Failure) {
	s.c.m.wait(L, s.c.s.fake != nil, timeout, func() bool {
		msg, ok, failure = s.take()
		return ok || failure != nil && (!delivers || failure.Code == "closed" || s.c.failure != nil)
	}, func(wake func()) func() {
		s.mu.Lock()
		s.wake = wake
		s.mu.Unlock()
		if s.c.status() != nil || s.route.HasNews(s.c.user, !delivers) {
			s.wakeTask()
		}
		return func() {}
	})
	return msg, ok, failure
}

// take removes the first message.
func (s *subscription) take() (mqttclient.Received, bool, *sockets.Failure) {
	switch f := s.c.status(); {
	case s.closed:
		return mqttclient.Received{}, false, sockets.Fail("closed", "the script has closed the subscription")
	case f != nil:
		return mqttclient.Received{}, false, f
	}
	return s.route.Take(s.c.user)
}

// deliver is the task of a subscription with a function. It calls the function for one message after
// the other.
func (s *subscription) deliver(L *lua.LState) int {
	defer func() { s.c.m.functions-- }()
	for {
		msg, ok, _ := s.next(L, -1, true)
		if !ok {
			return 0
		}
		if s.internal != nil {
			s.internal(L, msg)
			continue
		}
		name := "mqtt: " + oneLine(msg.Topic)
		if !s.c.call(L, name, s.fn, s.c.messageTable(L, msg), func() { s.route.PutBack(msg) }) {
			return 0
		}
	}
}

// subscriptionMetatable returns the metatable of subscriptions.
func (m *module) subscriptionMetatable(L *lua.LState) *lua.LTable {
	return value.HandleMetatable[*subscription](L, "mqtt subscription", map[string]lua.LGFunction{
		"receive": m.receive, "messages": m.messages,
		"close": func(L *lua.LState) int {
			checkSubscription(L).close()
			L.Push(lua.LTrue)
			return 1
		},
	}, nil)
}

// String returns the text of tostring.
func (s *subscription) String() string {
	state := ""
	if s.closed {
		state = " (closed)"
	}
	return "mqtt subscription " + oneLine(strings.Join(s.filters, ", ")) + state
}

// checkSubscription returns argument 1, which must be a subscription.
func checkSubscription(L *lua.LState) *subscription {
	return value.CheckHandle[*subscription](L, "a subscription", "subscription:receive()")
}

// receiveOne waits for a message, for one task only.
func (s *subscription) receiveOne(L *lua.LState, method string, timeout time.Duration) (mqttclient.Received, bool, *sockets.Failure) {
	switch {
	case s.fn != nil:
		L.RaiseError("subscription:%s: the messages go to the function", method)
	case s.receiving:
		L.RaiseError("another task is receiving from the subscription")
	}
	s.receiving = true
	defer func() { s.receiving = false }()
	return s.next(L, timeout, false)
}

// receive is the Lua method subscription:receive.
func (m *module) receive(L *lua.LState) int {
	s := checkSubscription(L)
	m.checkLoaded(L, "subscription:receive")
	timeout := time.Duration(-1)
	if !value.IsNone(L.Get(2)) {
		timeout = value.CheckTimeout(L, 2, 0, maxTimeout)
	}
	timeout = sockets.Limit(m.rt, timeout)
	switch msg, ok, failure := s.receiveOne(L, "receive", timeout); {
	case ok:
		L.Push(s.c.messageTable(L, msg))
		return 1
	case failure != nil:
		return failure.Push(L)
	}
	return value.PushFailure(L, "timeout", "no message for %s in %s", strings.Join(s.filters, ", "), sockets.Seconds(timeout))
}

// messages is the Lua method subscription:messages.
func (m *module) messages(L *lua.LState) int {
	s := checkSubscription(L)
	L.Push(L.NewFunction(func(L *lua.LState) int {
		m.checkLoaded(L, "subscription:messages")
		timeout := sockets.Limit(m.rt, -1) // a wait in a tool call is limited
		msg, ok, failure := s.receiveOne(L, "messages", timeout)
		switch {
		case ok:
			m.rt.Checkpoint(L)
			L.Push(s.c.messageTable(L, msg))
			return 1
		case failure == nil:
			L.RaiseError("subscription:messages: timeout: no message in %s", sockets.Seconds(timeout))
		case failure.Code != "closed":
			L.RaiseError("subscription:messages: %s", failure.Error())
		}
		L.Push(lua.LNil)
		return 1
	}))
	return 1
}
