// Package uuid is the Lua module "uuid". It makes identifiers that no other program makes.
//
//	uuid.v4()     -> a random UUID, such as "0b9f3c1e-7a52-4f0e-9c43-5d8f2a61b7e0"
//	uuid.v7()     -> a UUID that begins with the time, so that later UUIDs are greater as strings
//	uuid.valid(s) -> whether s is a UUID of any version, in upper or lower case
//
// The random bits come from the random number generator of the system, and cannot be guessed.
package uuid

import (
	"crypto/rand"
	_ "embed"
	"encoding/binary"
	"encoding/hex"
	"time"

	lua "github.com/yuin/gopher-lua"

	"moonlark/luastd"
	"moonlark/luastd/value"
)

//go:embed doc.lua
var doc string

//go:embed manual.md
var manual string

// Module is the Lua module "uuid".
var Module = luastd.Module{Name: "uuid", Open: open, Doc: doc, Manual: manual}

func open(L *lua.LState, _ luastd.Runtime) lua.LValue {
	g := &generator{now: time.Now}
	t := L.CreateTable(0, 3)
	value.SetFunctions(L, t, map[string]lua.LGFunction{"v4": v4, "v7": g.v7, "valid": valid})
	return t
}

func v4(L *lua.LState) int {
	var id [16]byte
	rand.Read(id[:])
	return push(L, id, 4)
}

// push sets the version of id and pushes its text. It returns 1, the number of results.
func push(L *lua.LState, id [16]byte, version byte) int {
	id[6] = id[6]&0x0F | version<<4
	id[8] = id[8]&0x3F | 0x80 // the bits that mean a UUID of RFC 9562
	text := make([]byte, 0, 36)
	for i, n := range []int{4, 2, 2, 2, 6} {
		if i > 0 {
			text = append(text, '-')
		}
		text = hex.AppendEncode(text, id[(len(text)-i)/2:][:n])
	}
	L.Push(lua.LString(text))
	return 1
}

// A generator makes UUIDs of version 7 for one script. Each UUID is greater than the one before it.
type generator struct {
	now  func() time.Time
	last uint64 // the time in the last UUID, in units of 1/4096 ms
}

func (g *generator) v7(L *lua.LState) int {
	// RFC 9562, section 6.2, method 3: the 12 bits after the milliseconds are a fraction of a
	// millisecond. If the clock has not advanced since the last UUID, the time is made greater.
	now := g.now()
	t := uint64(now.UnixMilli())<<12 | uint64(now.Nanosecond()%1e6)<<12/1e6
	g.last = max(t, g.last+1)
	var id [16]byte
	rand.Read(id[8:])
	binary.BigEndian.PutUint64(id[:8], g.last>>12<<16|g.last&0xFFF)
	return push(L, id, 7)
}

func valid(L *lua.LState) int {
	L.Push(lua.LBool(isUUID(L.CheckString(1))))
	return 1
}

func isUUID(s string) bool {
	if len(s) != 36 {
		return false
	}
	for i := range len(s) {
		c := s[i]
		switch i {
		case 8, 13, 18, 23:
			if c != '-' {
				return false
			}
		default:
			if _, ok := value.HexDigit(c); !ok {
				return false
			}
		}
	}
	return true
}
