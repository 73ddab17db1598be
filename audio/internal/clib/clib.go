//go:build linux && !static

// Package clib loads C libraries at run time and calls their functions, without cgo. A program that
// uses this package is linked dynamically against the C library of the machine.
package clib

import (
	"fmt"
	"strings"
	"unsafe"

	"github.com/ebitengine/purego"
)

// A Library is a C library that has been loaded. It stays loaded until the program ends.
type Library struct {
	name   string
	handle uintptr
}

// Open loads a library. name is its file name, such as "libasound.so.2". Open may be called more
// than once for the same library. If the library is not installed, the text of the error ends with
// hint, which should tell the user how to install the library.
func Open(name, hint string) (*Library, error) {
	handle, err := purego.Dlopen(name, purego.RTLD_NOW|purego.RTLD_GLOBAL)
	if err != nil {
		if strings.HasPrefix(err.Error(), name+": cannot open shared object file: No such file") {
			return nil, fmt.Errorf("%s is not installed: %s", name, hint)
		}
		return nil, err
	}
	return &Library{name, handle}, nil
}

// Find looks up functions of the library by name and stores their addresses in the map's values. It
// returns an error if the library does not have one of the functions.
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

// String returns the bytes at p up to the first zero byte, or "" if p is 0. p is an address in C
// memory.
func String(p uintptr) string {
	if p == 0 {
		return ""
	}
	first := *(**byte)(unsafe.Pointer(&p)) // the garbage collector ignores pointers to C memory
	n := 0
	for *(*byte)(unsafe.Add(unsafe.Pointer(first), n)) != 0 {
		n++
	}
	return string(unsafe.Slice(first, n))
}

// Bytes returns s followed by a zero byte, as C expects strings.
func Bytes(s string) []byte { return append([]byte(s), 0) }
