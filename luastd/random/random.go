// Package random is the Lua module "random". Its numbers come from the random number generator of
// the system, and cannot be guessed, unlike those of math.random. Use it for keys and passwords.
//
//	random.bytes(n)       -> n random bytes; n is from 0 to 1 MiB
//	random.hex(n)         -> n random bytes in hexadecimal, which are 2n digits
//	random.integer(a, b)  -> a whole number from a to b, each with the same probability
//	random.choice(t)      -> an element of the list t
//	random.shuffle(t)     -> t, after its elements have been put in a random order
//
// The functions raise an error if an argument is wrong. Whole numbers are exact up to 2^53.
package random

import (
	"bufio"
	"crypto/rand"
	_ "embed"
	"encoding/binary"
	"encoding/hex"
	"io"
	"math/bits"

	lua "github.com/yuin/gopher-lua"

	"moonlark/luastd"
	"moonlark/luastd/value"
)

//go:embed doc.lua
var doc string

//go:embed manual.md
var manual string

// Module is the Lua module "random".
var Module = luastd.Module{Name: "random", Open: open, Doc: doc, Manual: manual}

const (
	maxBytes = 1 << 20 // maximal number of bytes that bytes and hex make

	// elementsPerCheckpoint is how many elements of a list shuffle moves between two calls of
	// Checkpoint.
	elementsPerCheckpoint = 1 << 15
)

func open(L *lua.LState, rt luastd.Runtime) lua.LValue {
	m := &module{rt, bufio.NewReaderSize(rand.Reader, 512)}
	t := L.CreateTable(0, 5)
	value.SetFunctions(L, t, map[string]lua.LGFunction{
		"bytes":   bytes,
		"hex":     hexDigits,
		"integer": m.integer,
		"choice":  m.choice,
		"shuffle": m.shuffle,
	})
	return t
}

type module struct {
	luastd.Checkpointer
	source *bufio.Reader // reads random bytes from the system, many at a time
}

// randomBytes returns random bytes. Their number is argument 1 of the running Lua function.
func randomBytes(L *lua.LState) []byte {
	b := make([]byte, value.CheckWhole(L, 1, 0, maxBytes))
	rand.Read(b)
	return b
}

func bytes(L *lua.LState) int {
	L.Push(lua.LString(randomBytes(L)))
	return 1
}

func hexDigits(L *lua.LState) int {
	L.Push(lua.LString(hex.EncodeToString(randomBytes(L))))
	return 1
}

// below returns a random number from 0 to n-1, each with the same probability. n must not be 0.
func (m *module) below(n uint64) uint64 {
	mask := uint64(1)<<bits.Len64(n-1) - 1
	for {
		var b [8]byte
		io.ReadFull(m.source, b[:]) // never returns an error, because crypto/rand has none
		if x := binary.LittleEndian.Uint64(b[:]) & mask; x < n {
			return x
		}
	}
}

func (m *module) integer(L *lua.LState) int {
	a, b := value.CheckInteger(L, 1), value.CheckInteger(L, 2)
	if a > b {
		L.ArgError(2, "argument #2 must not be less than argument #1")
	}
	L.Push(lua.LNumber(a + int64(m.below(uint64(b-a)+1))))
	return 1
}

func (m *module) choice(L *lua.LState) int {
	t := L.CheckTable(1)
	n := t.Len()
	if n == 0 {
		L.ArgError(1, "the list is empty")
	}
	L.Push(t.RawGetInt(int(m.below(uint64(n))) + 1))
	return 1
}

func (m *module) shuffle(L *lua.LState) int {
	t := L.CheckTable(1)
	for i := t.Len(); i > 1; i-- {
		j := int(m.below(uint64(i))) + 1
		a, b := t.RawGetInt(i), t.RawGetInt(j)
		t.RawSetInt(i, b)
		t.RawSetInt(j, a)
		if i%elementsPerCheckpoint == 0 {
			m.Checkpoint(L)
		}
	}
	L.Push(t)
	return 1
}
