//go:build linux && !static

package clib

import (
	"math"
	"runtime"
	"testing"
	"unsafe"
)

// libc stores the addresses of functions of the C library in the map's values. It skips the test if
// the C library is not glibc.
func libc(t testing.TB, funcs map[string]*Func) {
	t.Helper()
	lib, err := Open("libc.so.6", "")
	if err != nil {
		t.Skip(err) // the machine has no glibc
	}
	if err := lib.Find(funcs); err != nil {
		t.Fatal(err)
	}
}

func TestFunctionsAreCalled(t *testing.T) {
	var abs, strchr Func
	libc(t, map[string]*Func{"abs": &abs, "strchr": &strchr})
	minus := -7
	if got := abs.Int(uintptr(minus)); got != 7 {
		t.Errorf("abs(-7): got %d", got)
	}
	text := Bytes("hello")
	if got := String(strchr.Pointer(uintptr(unsafe.Pointer(&text[0])), 'l')); got != "llo" {
		t.Errorf("strchr: got %q", got)
	}
	runtime.KeepAlive(text)
	if got := String(0); got != "" {
		t.Errorf("String(0): got %q", got)
	}
}

// TestPreparedCallsKeepTheirMemoryAndAllocateNothing collects garbage before each call, to check
// that the Call keeps its Go memory alive.
func TestPreparedCallsKeepTheirMemoryAndAllocateNothing(t *testing.T) {
	var memset, labs Func
	libc(t, map[string]*Func{"memset": &memset, "labs": &labs})
	memory := make([]byte, 1000)
	fill := memset.Prepare(Pointer(unsafe.Pointer(&memory[0])), Number('x'), Number(1000))
	for range 3 {
		runtime.GC()
		fill.Int()
	}
	if memory[0] != 'x' || memory[999] != 'x' {
		t.Errorf("memset wrote %q and %q", memory[0], memory[999])
	}
	if n := testing.AllocsPerRun(1000, func() { fill.Int() }); n != 0 {
		t.Errorf("%v allocations a call", n)
	}
	minus := -math.MaxInt
	if got := labs.Prepare(Number(uintptr(minus))).Long(); got != math.MaxInt {
		t.Errorf("labs(%d): got %d", minus, got)
	}
}

func TestErrorsNameTheMissingLibraryOrFunction(t *testing.T) {
	if _, err := Open("libnothing.so.9", "apt-get install libnothing9"); err == nil ||
		err.Error() != "libnothing.so.9 is not installed: apt-get install libnothing9" {
		t.Errorf("got %v", err)
	}
	lib, err := Open("libc.so.6", "")
	if err != nil {
		t.Skip(err)
	}
	var f Func
	if err := lib.Find(map[string]*Func{"no_such_function": &f}); err == nil || err.Error() != "libc.so.6 has no no_such_function" {
		t.Errorf("got %v", err)
	}
}

func BenchmarkPreparedCall(b *testing.B) {
	var memset Func
	libc(b, map[string]*Func{"memset": &memset})
	memory := make([]byte, 8)
	fill := memset.Prepare(Pointer(unsafe.Pointer(&memory[0])), Number(0), Number(8))
	b.ReportAllocs()
	for b.Loop() {
		fill.Int()
	}
}
