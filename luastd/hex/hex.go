// Package hex is the Lua module "hex". It writes bytes as hexadecimal digits, and reads them.
//
//	hex.encode(s)     -> s in hexadecimal, with two lower-case digits for each byte
//	hex.decode(text)  -> the bytes; or nil, reason, "invalid" or "too_large"
//
// decode accepts upper and lower case, and white space anywhere.
//
// A result of encode and a text for decode have at most 64 MiB. encode raises an error if its
// result would be longer.
package hex

import (
	_ "embed"
	"encoding/hex"

	lua "github.com/yuin/gopher-lua"

	"moonlark/luastd"
	"moonlark/luastd/value"
)

//go:embed doc.lua
var doc string

//go:embed manual.md
var manual string

// Module is the Lua module "hex".
var Module = luastd.Module{Name: "hex", Open: open, Doc: doc, Manual: manual}

func open(L *lua.LState, rt luastd.Runtime) lua.LValue {
	m := module{rt}
	t := L.CreateTable(0, 2)
	value.SetFunctions(L, t, map[string]lua.LGFunction{"encode": m.encode, "decode": m.decode})
	return t
}

type module struct{ luastd.Checkpointer }

func (m module) encode(L *lua.LState) int {
	s := L.CheckString(1)
	size := hex.EncodedLen(len(s))
	if size > value.MaxText {
		value.RaiseTooLong(L, size)
	}
	text := make([]byte, 0, size)
	for len(s) > value.BytesPerCheckpoint {
		text = hex.AppendEncode(text, []byte(s[:value.BytesPerCheckpoint]))
		s = s[value.BytesPerCheckpoint:]
		m.Checkpoint(L)
	}
	L.Push(lua.LString(hex.AppendEncode(text, []byte(s))))
	return 1
}

func (m module) decode(L *lua.LState) int {
	text := L.CheckString(1)
	if len(text) > value.MaxText {
		return value.PushFailure(L, "too_large", "the text has %d bytes; the maximum is %d", len(text), value.MaxText)
	}
	bytes := make([]byte, 0, len(text)/2)
	var first byte // the first digit of a byte whose second digit has not been read
	digits := 0    // number of digits that have been read
	for i := range len(text) {
		if i%value.BytesPerCheckpoint == value.BytesPerCheckpoint-1 {
			m.Checkpoint(L)
		}
		c := text[i]
		if c == ' ' || '\t' <= c && c <= '\r' {
			continue
		}
		digit, ok := value.HexDigit(c)
		if !ok {
			return value.PushFailure(L, "invalid", "%s at byte %d is not a hexadecimal digit", value.Quote(text[i:i+1]), i+1)
		}
		if digits++; digits%2 == 1 {
			first = digit
		} else {
			bytes = append(bytes, first<<4|digit)
		}
	}
	if digits%2 == 1 {
		return value.PushFailure(L, "invalid", "the number of hexadecimal digits is odd: %d", digits)
	}
	L.Push(lua.LString(bytes))
	return 1
}
