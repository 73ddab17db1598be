package gpio

import (
	"fmt"
	"log/slog"
	"time"

	lua "github.com/yuin/gopher-lua"

	"moonlark/engine/pins"
	"moonlark/luastd"
)

// errClosed is the error of a resource that has been closed.
var errClosed = &pins.Error{Code: "closed", Text: "it belongs to the new copy of the script, or has been closed"}

// A slot is what a generation has of a pin, a group or a PWM channel. Its fields belong to the executor's
// goroutine.
type slot struct {
	m        *module
	function string // such as "gpio.output"
	name     string // such as "17"
	lines    int    // number of lines

	lease   luastd.Lease
	failure *pins.Error // why it is not open; nil if it is open
	closed  bool        // by the script
	retried bool
	// detach ends the use of the resource by this generation. Any goroutine may call it, more than once.
	detach func()
}

func (s *slot) String() string {
	switch {
	case s.closed:
		return s.function + " " + s.name + " (closed)"
	case s.failure != nil:
		return s.function + " " + s.name + " (not open)"
	}
	return s.function + " " + s.name
}

// claim opens the resource of the slot, or takes it over from the generation before. It raises an error
// if the script has too many lines. While the script loads, it returns nil, and the resource is opened
// later.
func (s *slot) claim(L *lua.LState, c luastd.Claim, use func(luastd.Resource) error) *pins.Error {
	m := s.m
	if m.lines+s.lines > maxLines {
		L.RaiseError("%s: the script has %d lines open: close those that are not needed any more", s.function, m.lines)
	}
	var retry *lua.LFunction // nil if the script does not load
	if m.rt.Loading() {
		retry = L.NewFunction(func(*lua.LState) int {
			s.claimAgain(c)
			return 0
		})
	}
	c.Use = func(r luastd.Resource, err error) {
		if err == nil {
			err = use(r)
		}
		if s.failure = asError(err); s.failure != nil {
			s.failed(retry)
		}
	}
	s.failure = &pins.Error{Code: "busy", Text: "it has not been opened"}
	lease, err := m.rt.Claim(c)
	if err != nil {
		L.RaiseError("%s: %s", s.function, err)
	}
	s.lease = lease
	if retry == nil && s.failure != nil {
		lease.Release()
		return s.failure
	}
	m.lines += s.lines
	m.own(s)
	return nil
}

// failed handles the failure to open what the top level of the script has claimed. If the line may be
// busy only because the generation before has opened it in another way, retry runs in a while.
// Otherwise the failure is logged. If retry is nil, the script gets the failure.
func (s *slot) failed(retry *lua.LFunction) {
	if retry == nil {
		s.detach()
		return
	}
	if !s.retried && s.failure.Code == "busy" && s.failure.Consumer == pins.Consumer {
		s.retried = true
		run := luastd.Run{Name: s.function, Fn: retry, Args: func(time.Time) []lua.LValue { return nil }}
		if _, err := s.m.rt.After(handover+handover/2, false, run); err == nil {
			return
		}
	}
	s.detach()
	s.m.rt.Log(slog.LevelError, fmt.Sprintf("%s %s: %s", s.function, s.name, s.failure))
}

// claimAgain repeats a claim that has failed.
func (s *slot) claimAgain(c luastd.Claim) {
	if s.closed {
		return
	}
	s.lease.Release()
	if lease, err := s.m.rt.Claim(c); err == nil {
		s.lease = lease
	}
}

// asError returns err as a *pins.Error, and nil for nil.
func asError(err error) *pins.Error {
	if err == nil {
		return nil
	}
	if e, ok := err.(*pins.Error); ok {
		return e
	}
	return &pins.Error{Code: "io", Text: err.Error()}
}

// own makes the slot be detached when the generation has ended.
func (m *module) own(s *slot) {
	m.mu.Lock()
	defer m.mu.Unlock()
	if !m.owned {
		m.owned = true
		m.rt.Own(m.end)
	}
	m.slots[s] = struct{}{}
}

// end detaches all slots. It runs when the generation has ended, on any goroutine.
func (m *module) end() {
	m.mu.Lock()
	defer m.mu.Unlock()
	for s := range m.slots {
		s.detach()
	}
}

// ready raises an error if the slot cannot be used now because of a mistake in the script: the script
// is loading, or has closed it. method is the Lua method. It returns the failure if the slot could not
// be opened.
func (s *slot) ready(L *lua.LState, method string) *pins.Error {
	luastd.CheckLoaded(L, s.m.rt, method)
	if s.closed {
		L.RaiseError("%s: %s %s has been closed", method, s.function, s.name)
	}
	return s.failure
}

// close closes the slot and its resource.
func (s *slot) close() {
	if s.closed {
		return
	}
	s.closed = true
	s.m.lines -= s.lines
	s.detach()
	s.lease.Release()
	s.m.mu.Lock()
	defer s.m.mu.Unlock()
	delete(s.m.slots, s)
}
