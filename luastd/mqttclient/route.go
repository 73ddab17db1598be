package mqttclient

import (
	"hash/fnv"
	"slices"
	"strings"

	"moonlark/luastd/sockets"
)

const (
	// maxQueue is the maximal number of messages that wait in a Route.
	maxQueue = 1000
	// maxHandOver is the same between two users, when nobody takes messages.
	maxHandOver = 10 * maxQueue
	// maxQueueBytes is the maximal number of bytes that wait in a Route.
	maxQueueBytes = 4 << 20
)

// SubscribeOptions say which messages a subscription gets, besides its filters.
type SubscribeOptions struct {
	QoS      byte
	Retained bool // also the messages that the broker has kept
	NoLocal  bool // not those of this client; only in MQTT 5
}

// A Received is a message as a Route gets it.
type Received struct {
	*Message
	Levels []string // what the wildcards of the filter stand for
}

// A Route has the messages that match some filters, until its user takes them. It belongs to the
// Client, so that no message is lost when the user changes. Any goroutine may call its methods.
type Route struct {
	c       *Client
	filters []string
	options SubscribeOptions

	// The mutex of the client guards the fields below.
	user    *User // who takes the messages; nil between two users
	queue   []Received
	bytes   int
	backlog int    // how many messages of the queue had come before the user
	wake    func() // called when there is something new
	failure *sockets.Failure
	closed  bool
}

// A subscription is a filter to which the client subscribes at the broker, for one or more Routes.
// The mutex of the client guards it.
type subscription struct {
	filter  string
	id      int // with which the broker marks messages
	options SubscribeOptions
	routes  []*Route
	sent    bool // the broker has been asked for it in this session
}

// subscriptionID returns the id of a filter, which is the same after each start of the program,
// because the broker can keep subscriptions and messages of an earlier run.
func (c *Client) subscriptionID(filter string) int {
	hash := fnv.New32a()
	hash.Write([]byte(filter))
	id := int(hash.Sum32()&0x0fff_ffff) | 1
	for c.byID[id] != nil {
		id += 2
	}
	return id
}

// Subscribe returns a Route for these filters, which must be valid. If a user before u had a Route
// with the same filters and options, it changes hands, with the messages that wait in it. wake is
// called when there is something new for the user. It must not block, and must not call methods of
// the client or of the Route.
func (c *Client) Subscribe(u *User, filters []string, o SubscribeOptions, wake func()) *Route {
	c.mu.Lock()
	defer c.mu.Unlock()
	r := c.adopt(filters, o)
	if r == nil {
		r = &Route{c: c, filters: filters, options: o}
		c.routes = append(c.routes, r)
	}
	r.wake = wake
	r.setUser(u)
	for _, filter := range filters {
		c.subscribe(r, filter)
	}
	c.notify()
	return r
}

// adopt returns the first Route that has no user, and these filters and options.
func (c *Client) adopt(filters []string, o SubscribeOptions) *Route {
	for _, r := range c.routes {
		if r.user == nil && r.options == o && slices.Equal(r.filters, filters) {
			return r
		}
	}
	return nil
}

// subscribe adds r to the subscription to filter. The broker is asked again if r is new or wants
// the retained messages again. The caller holds c.mu.
func (c *Client) subscribe(r *Route, filter string) {
	s := c.subscriptions[filter]
	if s == nil {
		s = &subscription{filter: filter, id: c.subscriptionID(filter), options: r.options}
		c.subscriptions[filter], c.byID[s.id] = s, s
	}
	s.options.QoS = max(s.options.QoS, r.options.QoS)
	s.options.Retained = r.options.Retained
	s.options.NoLocal = s.options.NoLocal && r.options.NoLocal
	if !slices.Contains(s.routes, r) {
		s.routes = append(s.routes, r)
		s.sent = false
	}
	if r.options.Retained || r.failure != nil {
		s.sent, r.failure = false, nil
	}
	c.ask(s)
}

// setUser makes u take the messages, also those in the queue. u may be nil. The caller holds c.mu.
func (r *Route) setUser(u *User) {
	queue := slices.Clone(r.queue)
	for len(r.queue) > 0 {
		r.take() // gives back what is counted for the user before
	}
	r.user = u
	for i := len(queue) - 1; i >= 0; i-- {
		if u != nil && !u.Budget.Take(queue[i].memory()) {
			r.drop(i + 1)
			break
		}
		r.queue = queue[i:]
		r.bytes += queue[i].memory()
	}
	r.backlog = len(r.queue)
	if u != nil {
		r.wake()
	}
}

// add puts a message into the queue. If there is no room, it drops the oldest ones. The caller
// holds c.mu.
func (r *Route) add(m Received) {
	limit := maxQueue + r.backlog
	if r.user == nil {
		limit = maxHandOver
	}
	for len(r.queue) >= limit || len(r.queue) > 0 && r.bytes+m.memory() > maxQueueBytes || r.user != nil && !r.user.Budget.Take(m.memory()) {
		r.drop(1)
		if len(r.queue) == 0 {
			return // others have used up the budget
		}
		r.take()
	}
	r.queue = append(r.queue, m)
	r.bytes += m.memory()
	r.wake()
}

// take removes the first message. The caller holds c.mu.
func (r *Route) take() Received {
	m := r.queue[0]
	r.queue[0] = Received{}
	if r.queue = r.queue[1:]; len(r.queue) == 0 {
		r.queue = nil
	}
	r.bytes -= m.memory()
	r.backlog = max(0, r.backlog-1)
	if r.user != nil {
		r.user.Budget.Give(m.memory())
	}
	return m
}

// drop counts n dropped messages. The caller holds c.mu.
func (r *Route) drop(n int) {
	if n > 0 && r.user != nil {
		r.user.Dropped(n)
	}
}

// errReplaced is the reason why the user before gets no more messages.
var errReplaced = sockets.Fail("closed", "the messages go to the new copy of the script")

// Take removes the first message. ok is false if there is none for u. failure says why there will
// be none, or is nil.
func (r *Route) Take(u *User) (m Received, ok bool, failure *sockets.Failure) {
	r.c.mu.Lock()
	defer r.c.mu.Unlock()
	switch {
	case r.user == u && len(r.queue) > 0:
		return r.take(), true, nil
	case r.c.stopped:
		return Received{}, false, errStopped
	case r.closed:
		return Received{}, false, sockets.Fail("closed", "the script has closed the subscription")
	case r.user != u:
		return Received{}, false, errReplaced
	}
	return Received{}, false, r.failure
}

// PutBack makes m the first message again.
func (r *Route) PutBack(m Received) {
	r.c.mu.Lock()
	defer r.c.mu.Unlock()
	if r.closed || r.c.stopped || r.user != nil && !r.user.Budget.Take(m.memory()) {
		return
	}
	r.queue = slices.Insert(r.queue, 0, m)
	r.bytes += m.memory()
	r.wake()
}

// Close ends the subscription, unless another user has it. It may be called more than once.
func (r *Route) Close(u *User) {
	r.c.mu.Lock()
	defer r.c.mu.Unlock()
	if r.user == u && !r.closed {
		r.close()
		r.wake()
	}
}

// close ends the subscription. The caller holds c.mu.
func (r *Route) close() {
	r.closed = true
	for len(r.queue) > 0 {
		r.take()
	}
	r.c.routes = slices.DeleteFunc(r.c.routes, func(other *Route) bool { return other == r })
	for _, filter := range r.filters {
		s := r.c.subscriptions[filter]
		if s == nil {
			continue
		}
		s.routes = slices.DeleteFunc(s.routes, func(other *Route) bool { return other == r })
		if len(s.routes) == 0 {
			delete(r.c.subscriptions, filter)
			delete(r.c.byID, s.id)
			r.c.unask(s)
		}
	}
}

// deliver gives a message to the Routes of the subscriptions with these ids, or to all that match
// if there are none. The caller holds c.mu.
func (c *Client) deliver(m *Message, ids []int) {
	var seen []*Route
	give := func(s *subscription) {
		levels, ok := Match(s.filter, m.Topic)
		if !ok {
			return
		}
		for _, r := range s.routes {
			if m.Retain && !r.options.Retained || slices.Contains(seen, r) {
				continue
			}
			seen = append(seen, r)
			r.add(Received{m, levels})
		}
	}
	known := false
	for _, id := range ids {
		if s := c.byID[id]; s != nil {
			known = true
			give(s)
		}
	}
	if known {
		return
	}
	for _, s := range c.subscriptions {
		give(s)
	}
}

// Filters returns the filters of r, for messages.
func (r *Route) Filters() string { return strings.Join(r.filters, ", ") }

// HasNews reports whether Take would return a message or a failure. The failure that the broker
// refuses the subscription counts only if refusals is true.
func (r *Route) HasNews(u *User, refusals bool) bool {
	r.c.mu.Lock()
	defer r.c.mu.Unlock()
	return len(r.queue) > 0 || r.user != u || r.closed || r.c.stopped || refusals && r.failure != nil
}
