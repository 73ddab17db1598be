//go:build linux && !static

package clib

import (
	"runtime"
	"unsafe"

	"github.com/ebitengine/purego"
)

// A Func is the address of a C function. Its methods call the function; they differ in the type of
// the result. An argument is an integer, an address in C memory, or a Go pointer. A Go pointer must
// be converted in the call expression itself, as in
//
//	f.Int(uintptr(unsafe.Pointer(&value)))
//
// because only then does the compiler keep the Go memory alive, and at the same address, until the
// call returns. Each call allocates memory; [Func.Prepare] returns calls that do not.
type Func uintptr

// Int calls a C function that returns an int or nothing. For a function that returns nothing, the
// result has no meaning.
//
//go:uintptrescapes
func (f Func) Int(args ...uintptr) int {
	r, _, _ := purego.SyscallN(uintptr(f), args...)
	return int(int32(r)) // a C int is only the lower half of the register
}

// Pointer calls a C function that returns a pointer, and returns that address.
//
//go:uintptrescapes
func (f Func) Pointer(args ...uintptr) uintptr {
	r, _, _ := purego.SyscallN(uintptr(f), args...)
	return r
}

// An Arg is an argument of a prepared call. [Number] and [Pointer] make one.
type Arg struct {
	number  uintptr
	pointer unsafe.Pointer // points to Go memory; nil if the argument is an integer
}

// Number returns an argument that is an integer or an address in C memory.
func Number(n uintptr) Arg { return Arg{number: n} }

// Pointer returns an argument that is a pointer to Go memory. The memory must not contain Go
// pointers.
func Pointer(p unsafe.Pointer) Arg { return Arg{pointer: p} }

// A Call calls a C function with the same arguments each time and does not allocate memory. Only
// one goroutine at a time may use a Call.
type Call struct {
	f      Func
	args   []Arg     // pointers in args keep the Go memory alive
	values []uintptr // args as numbers; valid during a call only
}

// Prepare returns a Call that calls f with these arguments.
func (f Func) Prepare(args ...Arg) *Call {
	return &Call{f: f, args: args, values: make([]uintptr, len(args))}
}

// Int calls the C function, which must return an int or nothing.
func (c *Call) Int() int { return int(int32(c.do())) }

// Long calls the C function, which must return a long.
func (c *Call) Long() int { return int(c.do()) }

// do calls the C function and returns the register with its result. The Go memory of the arguments
// is pinned during the call.
func (c *Call) do() uintptr {
	var pins runtime.Pinner
	defer pins.Unpin()
	for i, a := range c.args {
		c.values[i] = a.number
		if a.pointer != nil {
			pins.Pin(a.pointer)
			c.values[i] = uintptr(a.pointer)
		}
	}
	r, _, _ := purego.SyscallN(uintptr(c.f), c.values...)
	return r
}
