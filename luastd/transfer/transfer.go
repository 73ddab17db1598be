// Package transfer has what the Lua modules i2c and spi share: the device files of buses, the devices that a
// script has open, transfers that run one after the other and end in time, and bytes as arguments.
//
// A transfer can block in the kernel, so each one runs on a goroutine of its own, while the task of the
// script waits.
package transfer

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"log/slog"
	"os"
	"sync"
	"syscall"
	"time"
	"unsafe"

	lua "github.com/yuin/gopher-lua"

	"moonlark/engine/permit"
	"moonlark/luastd"
	"moonlark/luastd/sockets"
)

// Max is the maximum number of bytes of a transfer.
const Max = 4096

// A Port is an open device file of a bus.
type Port interface {
	// Ioctl makes a request of the driver. arg is its argument, which the driver reads and changes.
	Ioctl(request uintptr, arg unsafe.Pointer) error
	// IoctlValue makes a request of the driver whose argument is a number.
	IoctlValue(request, arg uintptr) error
	Close() error
}

// An Opener opens the device file at path, if the broker permits one of the names.
type Opener func(b *permit.Broker, kind permit.Kind, what, path string, names ...string) (Port, error)

// A Device is a Port, and the transfers that use it. It stays open when the script is loaded again: it is
// a luastd.Resource. Any goroutine may call its methods.
type Device struct {
	port  Port
	lane  chan struct{} // has a value while a transfer runs
	close sync.Once
}

// NewDevice returns a Device for an open port.
func NewDevice(p Port) *Device { return &Device{port: p, lane: make(chan struct{}, 1)} }

// Stop closes the port.
func (d *Device) Stop() { d.close.Do(func() { d.port.Close() }) }

// Close does nothing: Stop has closed the port. A transfer that is in progress may go on for a while in
// the kernel.
func (d *Device) Close(context.Context) {}

// Do calls work on another goroutine, when no other transfer of the Device runs, and makes the running
// task wait for its result. The error is a *sockets.Failure with the code "timeout" if there is no result
// in time. Then work may go on, and its result is dropped.
func (d *Device) Do(w luastd.Waiter, L *lua.LState, timeout time.Duration, work func(Port) (any, error)) (any, error) {
	type result struct {
		value any
		err   error
	}
	timeout = w.WaitLimit(timeout)
	r := w.Await(L, func(done func(any)) func() {
		ctx, cancel := context.WithTimeout(context.Background(), timeout)
		finished := make(chan result, 1)
		go func() {
			select {
			case d.lane <- struct{}{}:
			case <-ctx.Done():
				return
			}
			defer func() { <-d.lane }()
			if ctx.Err() == nil {
				v, err := work(d.port)
				finished <- result{v, err}
			}
		}()
		go func() {
			defer cancel()
			select {
			case r := <-finished:
				done(r)
			case <-ctx.Done():
				done(result{err: sockets.Fail("timeout", "the bus has not answered in %s", sockets.Seconds(timeout))})
			}
		}()
		return cancel
	}).(result)
	return r.value, r.err
}

// Explain returns the Failure for an error of a transfer, or of opening a device file. device says what
// was used, such as "I2C device 0x48 at bus 1", and group is the group whose members may use it.
func Explain(err error, device, group string) *sockets.Failure {
	var known *sockets.Failure
	var errno syscall.Errno
	switch {
	case errors.As(err, &known):
		return known
	case errors.Is(err, fs.ErrNotExist):
		return sockets.Fail("not_found", "there is no %s", device)
	case errors.Is(err, fs.ErrPermission):
		return sockets.Fail("denied", "the system does not allow the use of the %s: the user must be in the group %s", device, group)
	case errors.Is(err, os.ErrClosed):
		return sockets.Fail("closed", "the %s has been closed", device)
	case errors.As(err, &errno):
		return explainErrno(errno, device)
	}
	return sockets.Fail("io", "the %s: %s", device, err)
}

// CheckBytes returns argument n, a string or a list of numbers from 0 to 255, which must have min to Max
// bytes.
func CheckBytes(L *lua.LState, n, min int) []byte {
	var data []byte
	switch v := L.CheckAny(n).(type) {
	case lua.LString:
		data = []byte(string(v))
	case *lua.LTable:
		if v.Len() > Max {
			L.ArgError(n, fmt.Sprintf("%d bytes are more than %d", v.Len(), Max))
		}
		for i := 1; i <= v.Len(); i++ {
			b, ok := v.RawGetInt(i).(lua.LNumber)
			if !ok || b < 0 || b > 255 || b != lua.LNumber(int(b)) {
				L.ArgError(n, fmt.Sprintf("the element %d of the list must be a whole number from 0 to 255", i))
			}
			data = append(data, byte(b))
		}
	default:
		L.ArgError(n, "a string or a list of numbers expected, got "+v.Type().String())
	}
	if len(data) < min || len(data) > Max {
		L.ArgError(n, fmt.Sprintf("%d to %d bytes expected, got %d", min, Max, len(data)))
	}
	return data
}

// logFailure logs the failure to open what the top level of a script has asked for. It does nothing if
// the script was not loading: then the script gets the failure.
func logFailure(l luastd.Logger, loading bool, function string, f *sockets.Failure) {
	if loading {
		l.Log(slog.LevelError, function+": "+f.Error())
	}
}
