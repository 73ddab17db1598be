package transfer

import (
	"fmt"
	"time"

	lua "github.com/yuin/gopher-lua"

	"moonlark/engine/permit"
	"moonlark/luastd"
	"moonlark/luastd/sockets"
)

// A Request says which device a script asks for.
type Request struct {
	Kind permit.Kind // the permission, which has the name of the module and of the group of users
	Name string      // the name under which the device is granted, such as "1:0x76"
	Also []string    // further names under which it may be granted
	What string      // the device in messages, such as "SPI device 0.1"
	Path string      // of the device file
	// Setup describes what Prepare does. When the script is loaded again, the new generation takes over the
	// open device only if it asks for it with the same Setup.
	Setup string
	// Prepare sets up the port when it has been opened. If it fails, the port is closed.
	Prepare func(Port) error
	Timeout time.Duration // of a transfer
}

// A Handle is a device as one generation of a script has it. All methods are called on the executor's
// goroutine.
type Handle struct {
	Request
	rt      luastd.Runtime
	lease   luastd.Lease
	device  *Device          // nil while it is not open
	failure *sockets.Failure // why it is not open
	closed  bool
}

// OpenHandle opens a device for the Lua function open of a module, or takes it over from the generation
// before. It raises an error if the script has no permission. While the script loads, the failure is nil:
// the device is opened after that, and a failure is logged.
func OpenHandle(L *lua.LState, rt luastd.Runtime, open Opener, r Request) (*Handle, *sockets.Failure) {
	h := &Handle{Request: r, rt: rt, failure: sockets.Fail("busy", "the %s has not been opened", r.What)}
	names := append([]string{r.Name}, r.Also...)
	broker, function, loading := rt.Permit(), string(r.Kind)+".open", rt.Loading()
	if err := broker.CheckDevice(r.Kind, "use the "+r.What, names...); err != nil {
		L.RaiseError("%s: %s", function, err)
	}
	lease, err := rt.Claim(luastd.Claim{
		Kind: string(r.Kind) + " device", Settings: r.Name + " " + r.Setup,
		Open: func() (luastd.Resource, error) {
			port, err := open(broker, r.Kind, "use the "+r.What, r.Path, names...)
			if err != nil {
				return nil, err
			}
			if err := r.Prepare(port); err != nil {
				port.Close()
				return nil, err
			}
			return NewDevice(port), nil
		},
		Use: func(resource luastd.Resource, err error) {
			if h.failure = nil; err != nil {
				h.failure = h.explain(err)
				logFailure(rt, loading, function, h.failure)
				return
			}
			h.device = resource.(*Device)
		},
	})
	if err != nil {
		L.RaiseError("%s: %s", function, err)
	}
	if h.lease = lease; !loading && h.failure != nil {
		lease.Release()
		return nil, h.failure
	}
	return h, nil
}

// String returns the text of tostring.
func (h *Handle) String() string {
	state := ""
	if h.closed {
		state = " (closed)"
	}
	return fmt.Sprintf("%s device %s%s", h.Kind, h.Name, state)
}

func (h *Handle) explain(err error) *sockets.Failure { return Explain(err, h.What, string(h.Kind)) }

// Do calls work, which makes a transfer, on another goroutine, and makes the task wait meanwhile. It returns
// the bytes that work has read. It raises an error if the script has closed the device.
func (h *Handle) Do(L *lua.LState, work func(Port) ([]byte, error)) ([]byte, *sockets.Failure) {
	luastd.CheckLoaded(L, h.rt, fmt.Sprintf("a method of an %s device", h.Kind))
	if h.closed {
		L.RaiseError("the %s has been closed", h.What)
	}
	if h.failure != nil {
		return nil, h.failure
	}
	result, err := h.device.Do(h.rt, L, h.Timeout, func(p Port) (any, error) { return work(p) })
	if err != nil {
		return nil, h.explain(err)
	}
	return result.([]byte), nil
}

// Push pushes the results of a Lua method that reads: bytes, or the failure. It returns their number.
func Push(L *lua.LState, read []byte, f *sockets.Failure) int {
	if f != nil {
		return f.Push(L)
	}
	L.Push(lua.LString(read))
	return 1
}

// PushDone pushes the results of a Lua method that only writes: true, or the failure. It returns their
// number.
func PushDone(L *lua.LState, f *sockets.Failure) int {
	if f != nil {
		return f.Push(L)
	}
	L.Push(lua.LTrue)
	return 1
}

// Close is the Lua method device:close.
func (h *Handle) Close(L *lua.LState) int {
	if !h.closed {
		h.closed = true
		h.lease.Release()
	}
	return PushDone(L, nil)
}
