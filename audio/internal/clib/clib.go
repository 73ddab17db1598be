//go:build linux && !static

// Package clib calls C libraries that are there or not, without cgo. A program
// that has it is linked dynamically: it needs the C library of its machine.
package clib

import (
	"fmt"
	"strings"
	"unsafe"

	"github.com/ebitengine/purego"
)

// A Library is a C library that has been loaded. It stays so.
type Library struct {
	name   string
	handle uintptr
}

// Open loads a library. The error names the Debian package that has it, if it
// is not installed. It can be opened any number of times.
func Open(name, debian string) (*Library, error) {
	handle, err := purego.Dlopen(name, purego.RTLD_NOW|purego.RTLD_GLOBAL)
	if err != nil {
		if strings.HasPrefix(err.Error(), name+": cannot open shared object file: No such file") {
			return nil, fmt.Errorf("%s is not installed: apt-get install %s", name, debian)
		}
		return nil, err
	}
	return &Library{name, handle}, nil
}

// A Func is a function of a library. Its arguments are whole numbers and
// pointers; what a pointer points to must be kept alive by the caller. A call
// allocates its arguments, unless it is given a slice of them.
type Func uintptr

// Find finds functions by name, all of them or none.
func (l *Library) Find(funcs map[string]*Func) error {
	for name, f := range funcs {
		address, err := purego.Dlsym(l.handle, name)
		if err != nil {
			return fmt.Errorf("%s has no %s", l.name, name)
		}
		*f = Func(address)
	}
	return nil
}

// Int calls a function that returns an int, or nothing.
//
//go:uintptrescapes
func (f Func) Int(args ...uintptr) int {
	r, _, _ := purego.SyscallN(uintptr(f), args...)
	return int(int32(r)) // the upper half of a register is not part of an int
}

// Long calls a function that returns a long.
//
//go:uintptrescapes
func (f Func) Long(args ...uintptr) int {
	r, _, _ := purego.SyscallN(uintptr(f), args...)
	return int(r)
}

// Pointer calls a function that returns a pointer.
//
//go:uintptrescapes
func (f Func) Pointer(args ...uintptr) uintptr {
	r, _, _ := purego.SyscallN(uintptr(f), args...)
	return r
}

// Text is what C has at p up to its zero, or nothing at all.
func Text(p uintptr) string {
	if p == 0 {
		return ""
	}
	first := *(**byte)(unsafe.Pointer(&p)) // C's memory: Go neither moves nor frees it
	n := 0
	for *(*byte)(unsafe.Add(unsafe.Pointer(first), n)) != 0 {
		n++
	}
	return string(unsafe.Slice(first, n))
}

// Bytes is s as C reads it.
func Bytes(s string) []byte { return append([]byte(s), 0) }
