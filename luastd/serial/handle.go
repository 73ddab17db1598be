package serial

import (
	"fmt"
	"log/slog"

	lua "github.com/yuin/gopher-lua"

	"moonlark/luastd"
	"moonlark/luastd/callbacks"
	"moonlark/luastd/sockets"
)

// A handle is a port as one generation of the script has it. It belongs to the executor's
// goroutine, but for the fields that the mutex of the port guards.
type handle struct {
	m        *module
	settings settings
	waiter   callbacks.Waiter
	port     *port // nil while the script is loading
	lease    luastd.Lease
	release  func() // undoes Runtime.Own

	reading      bool             // a task reads
	readingEnded callbacks.Signal // sent when reading becomes false
	onLine       *lua.LFunction
	onEvent      map[string]*lua.LFunction
	delivering   bool // the task that calls the functions has been started

	// The mutex of the port guards the fields below.
	quiet    bool // serial.open returns why the port cannot be opened, so the log need not say it
	closed   bool // the script has closed the port, or the generation has ended
	replaced bool // the handle of a newer generation gets what is received
}

// The reasons why nothing can be received from a port.
var (
	errClosed   = sockets.Fail("closed", "the script has closed the port")
	errReplaced = sockets.Fail("closed", "the port belongs to the new copy of the script")
)

// claim asks for the port. fake is nil for a real one.
func (h *handle) claim(fake *luastd.FakeSerial) error {
	broker, s := h.m.rt.Permit(), h.settings
	var failure error
	lease, err := h.m.rt.Claim(luastd.Claim{
		Kind: "serial port", Name: s.device, Settings: s.key(),
		Open: func() (luastd.Resource, error) {
			if fake != nil {
				return newFakePort(s, fake), nil
			}
			return newPort(broker, s), nil
		},
		Use: func(r luastd.Resource, err error) {
			if failure = err; err == nil {
				h.port = r.(*port)
				h.port.attach(h)
			}
		},
	})
	if err == nil {
		err = failure
	}
	if err != nil {
		return err
	}
	h.lease = lease
	h.release = h.m.rt.Own(h.end)
	return nil
}

// end is called when the generation has ended. The port stays open for the next one.
func (h *handle) end() {
	if h.port != nil {
		h.port.detach(h)
	}
}

// awaitOpen waits until the port has been opened once. It returns a failure if that was not
// possible.
func (h *handle) awaitOpen(L *lua.LState) *sockets.Failure {
	h.m.rt.Await(L, func(done func(any)) func() {
		go func() {
			select {
			case <-h.port.tried:
			case <-h.port.done:
			}
			done(nil)
		}()
		return nil
	})
	h.port.mu.Lock()
	h.quiet = false
	h.port.mu.Unlock()
	_, failure := h.port.current()
	if failure != nil && failure.Code == "lost" {
		return nil // it was open before the script was loaded again
	}
	return failure
}

// close closes the port, unless a newer generation has it. It may be called more than once.
func (h *handle) close() {
	if h.lease == nil {
		return
	}
	h.m.ports--
	h.end()
	h.lease.Release()
	h.lease = nil
	h.release()
}

// ending returns why nothing can be received, or nil if h has the port. The caller holds the mutex
// of the port.
func (h *handle) ending() *sockets.Failure {
	switch {
	case h.closed || h.port.stopped:
		return errClosed
	case h.replaced:
		return errReplaced
	}
	return nil
}

// logFailure logs why the port could not be opened. The caller holds the mutex of the port.
func (h *handle) logFailure(f *sockets.Failure) {
	if !h.quiet {
		h.m.rt.Log(slog.LevelWarn, "serial: "+f.Error())
	}
}

// String returns the text of tostring.
func (h *handle) String() string {
	return fmt.Sprintf("serial port %s (%s)", h.settings.device, h.state())
}

func (h *handle) state() string {
	if h.lease == nil {
		return "closed"
	}
	if h.connected() {
		return "connected"
	}
	return "not connected"
}

// connected reports whether the port is open.
func (h *handle) connected() bool {
	if h.port == nil {
		return false
	}
	h.port.mu.Lock()
	defer h.port.mu.Unlock()
	return h.port.wire != nil && h.ending() == nil
}
