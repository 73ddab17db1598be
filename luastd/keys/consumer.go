package keys

import (
	"fmt"
	"time"

	lua "github.com/yuin/gopher-lua"

	"moonlark/engine/clock"
	"moonlark/luastd"
	"moonlark/luastd/callbacks"
)

// A consumer gets the events of a source for one generation of the script. It is the device of
// keys.open, and what keys.on uses. It belongs to the executor's goroutine, but for the fields that
// the mutex of the source guards.
type consumer struct {
	m        *module
	selector selector
	waiter   callbacks.Waiter
	source   *source // nil while the script is loading
	lease    luastd.Lease
	release  func() // undoes Runtime.Own

	handlers []*handler
	calls    []call       // the calls for events that have been taken out of the queue
	holds    []*holdTimer // the keys that are pressed and may be held
	code     code

	// The mutex of the source guards the fields below.
	quiet    bool    // keys.open returns why there is no device, so the log need not say it
	held     []event // the events "hold" whose time has come
	closed   bool
	replaced bool
}

// A handler is a function of the script for an action.
type handler struct {
	consumer    *consumer
	action      string // "press", "release", "repeat", "hold" or "code"
	combination combination
	hold        time.Duration
	fn          *lua.LFunction
	got         *event // for device:wait, which has no fn: the event that has come
	removed     bool
}

// A call is a call of a function of the script that is due.
type call struct {
	fn    *lua.LFunction
	event event
	text  string // for on_code; event does not count then
}

// A holdTimer runs while a key is pressed.
type holdTimer struct {
	number int // of the press
	timer  clock.Timer
}

// claim asks for the source.
func (c *consumer) claim() error {
	broker, s, open := c.m.rt.Permit(), c.selector, c.m.openInput
	c.quiet = !c.m.rt.Loading()
	var failure error
	lease, err := c.m.rt.Claim(luastd.Claim{
		Kind: "keys", Name: s.key(), Settings: fmt.Sprint(s.grab),
		Open: func() (luastd.Resource, error) {
			if fakes := c.m.fakes(); fakes != nil {
				return newFakeSource(s, fakes), nil
			}
			return newSource(broker, s, open), nil
		},
		Use: func(r luastd.Resource, err error) {
			if failure = err; err == nil {
				c.source = r.(*source)
				c.source.attach(c)
			}
		},
	})
	if err == nil {
		err = failure
	}
	if err != nil {
		return err
	}
	c.lease = lease
	c.release = c.m.rt.Own(c.end)
	return nil
}

// end is called when the generation has ended. The source stays open for the next one.
func (c *consumer) end() {
	if c.source != nil {
		c.source.detach(c)
	}
}

// close closes the source, unless a newer generation has it. It may be called more than once.
func (c *consumer) close() {
	if c.lease == nil {
		return
	}
	c.m.sources--
	for _, h := range c.handlers {
		h.remove()
	}
	for _, h := range c.holds {
		h.timer.Stop()
	}
	c.end()
	c.lease.Release()
	c.lease = nil
	c.release()
}

// awaitFirst waits until the source has looked for its devices once.
func (c *consumer) awaitFirst(L *lua.LState) {
	c.m.rt.Await(L, func(done func(any)) func() {
		go func() {
			select {
			case <-c.source.tried:
			case <-c.source.done:
			}
			done(nil)
		}()
		return nil
	})
	c.source.mu.Lock()
	defer c.source.mu.Unlock()
	c.quiet = false
}

// add adds a handler. It raises an error if there are too many.
func (c *consumer) add(L *lua.LState, h *handler) *handler {
	if c.m.handlers >= maxHandlers {
		L.RaiseError("keys: there are %d functions for keys: close those that are not needed any more", c.m.handlers)
	}
	c.m.handlers++
	h.consumer = c
	c.handlers = append(c.handlers, h)
	return h
}

// remove removes h. It may be called more than once.
func (h *handler) remove() {
	if h.removed {
		return
	}
	h.removed = true
	h.consumer.m.handlers--
	kept := h.consumer.handlers[:0:0]
	for _, other := range h.consumer.handlers {
		if other != h {
			kept = append(kept, other)
		}
	}
	h.consumer.handlers = kept
}

// deliver is the Lua function of the task that calls the functions of the script, one after the
// other.
func (c *consumer) deliver(L *lua.LState) int {
	if c.source == nil {
		return 0 // the claim has failed
	}
	c.waiter.Deliver(L, "keys", &c.source.changed, c.state, func() (*lua.LFunction, []lua.LValue) { return c.nextCall(L) })
	return 0
}

// state takes events out of the queue until a function must be called.
func (c *consumer) state() (ready, gone bool) {
	for len(c.calls) == 0 {
		e, ok, gone := c.nextEvent()
		if gone {
			return false, true
		}
		if !ok {
			return false, false
		}
		c.distribute(e)
	}
	return true, false
}

// nextEvent takes the first event out of the queue.
func (c *consumer) nextEvent() (e event, ok, gone bool) {
	s := c.source
	s.mu.Lock()
	defer s.mu.Unlock()
	switch {
	case c.closed || c.replaced || s.stopped:
		return e, false, true
	case len(c.held) > 0:
		e, c.held = c.held[0], c.held[1:]
		return e, true, false
	case len(s.queue) > 0:
		e, s.queue = s.queue[0], s.queue[1:]
		return e, true, false
	}
	return e, false, false
}

// distribute adds the calls for an event.
func (c *consumer) distribute(e event) {
	woken := false
	for _, h := range c.handlers {
		switch {
		case h.action == "code":
			if text, ok := c.code.add(e); ok {
				c.calls = append(c.calls, call{fn: h.fn, text: text})
			}
		case h.action == "hold" && e.action == "press" && h.combination.matches(e):
			c.startHold(h, e)
		case h.action != e.action || !h.combination.matches(e):
		case e.action == "hold" && h.hold != e.hold:
		case h.fn != nil:
			c.calls = append(c.calls, call{fn: h.fn, event: e})
		case h.got == nil:
			h.got, woken = &e, true
		}
	}
	if e.action == "release" {
		c.endHolds(e.number)
	}
	if woken {
		c.source.changed.Send()
	}
}

// startHold starts the timer of a key that has been pressed.
func (c *consumer) startHold(h *handler, e event) {
	s := c.source
	e.action, e.hold = "hold", h.hold
	timer := c.m.rt.AfterFunc(h.hold, func() {
		s.mu.Lock()
		defer s.mu.Unlock()
		if s.down[e.code] == e.number {
			e.time = e.time.Add(e.hold)
			c.held = append(c.held, e)
			s.changed.Send()
		}
	})
	c.holds = append(c.holds, &holdTimer{e.number, timer})
}

// endHolds stops the timers of a press.
func (c *consumer) endHolds(number int) {
	kept := c.holds[:0]
	for _, h := range c.holds {
		if h.number == number {
			h.timer.Stop()
		} else {
			kept = append(kept, h)
		}
	}
	c.holds = kept
}

// nextCall takes the next call.
func (c *consumer) nextCall(L *lua.LState) (*lua.LFunction, []lua.LValue) {
	if len(c.calls) == 0 {
		return nil, nil
	}
	next := c.calls[0]
	c.calls = c.calls[1:]
	if next.text != "" {
		return next.fn, []lua.LValue{lua.LString(next.text)}
	}
	return next.fn, []lua.LValue{next.event.table(L)}
}
