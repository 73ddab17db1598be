// Package base64 is the Lua module "base64". It writes bytes as base64, and reads base64.
//
//	base64.encode(s [, options])  -> s in base64
//	    url = false     uses - and _ in place of + and /
//	    pad = true      fills the end with = to a multiple of four characters
//	    lines = 0       begins a new line after that many characters, up to 1,000; 0: one line
//	base64.decode(text)           -> the bytes; or nil, reason, "invalid" or "too_large"
//
// decode accepts both alphabets, text with or without =, and white space anywhere.
//
// A result of encode and a text for decode have at most 64 MiB. encode raises an error if its
// result would be longer.
package base64

import (
	_ "embed"
	"encoding/base64"
	"slices"

	lua "github.com/yuin/gopher-lua"

	"moonlark/luastd"
	"moonlark/luastd/value"
)

//go:embed doc.lua
var doc string

//go:embed manual.md
var manual string

// Module is the Lua module "base64".
var Module = luastd.Module{Name: "base64", Open: open, Doc: doc, Manual: manual}

// maxLine is the highest value of encode's option lines.
const maxLine = 1000

func open(L *lua.LState, rt luastd.Runtime) lua.LValue {
	m := module{rt}
	t := L.CreateTable(0, 2)
	value.SetFunctions(L, t, map[string]lua.LGFunction{"encode": m.encode, "decode": m.decode})
	return t
}

type module struct{ luastd.Checkpointer }

func (m module) encode(L *lua.LState) int {
	s := L.CheckString(1)
	options := value.CheckOptions(L, 2, "url", "pad", "lines")
	encoding := base64.StdEncoding
	if options.Bool("url", false) {
		encoding = base64.URLEncoding
	}
	if !options.Bool("pad", true) {
		encoding = encoding.WithPadding(base64.NoPadding)
	}
	lines := options.Int("lines", 0, 0, maxLine)

	size := encoding.EncodedLen(len(s))
	if lines > 0 && size > 0 {
		size += (size - 1) / lines
	}
	if size > value.MaxText {
		value.RaiseTooLong(L, size)
	}
	text := make([]byte, 0, size)
	// The length of each part but the last is a multiple of 3, so that only the last part is
	// padded.
	const partSize = value.BytesPerCheckpoint / 3 * 3
	for len(s) > partSize {
		text = encoding.AppendEncode(text, []byte(s[:partSize]))
		s = s[partSize:]
		m.Checkpoint(L)
	}
	text = encoding.AppendEncode(text, []byte(s))
	if lines > 0 {
		text = m.breakLines(L, text, lines, size)
	}
	L.Push(lua.LString(text))
	return 1
}

// breakLines returns text with a line end after every n characters, but not at the end. The result
// has size bytes.
func (m module) breakLines(L *lua.LState, text []byte, n, size int) []byte {
	broken := make([]byte, 0, size)
	checkpoint := value.BytesPerCheckpoint
	for len(text) > n {
		broken = append(append(broken, text[:n]...), '\n')
		text = text[n:]
		if len(broken) > checkpoint {
			checkpoint += value.BytesPerCheckpoint
			m.Checkpoint(L)
		}
	}
	return append(broken, text...)
}

func (m module) decode(L *lua.LState) int {
	text := L.CheckString(1)
	if len(text) > value.MaxText {
		return value.PushFailure(L, "too_large", "the text has %d bytes; the maximum is %d", len(text), value.MaxText)
	}
	digits := make([]byte, 0, len(text)) // the characters of text, in the standard alphabet
	padding := 0                         // number of = at the end of text
	for i := range len(text) {
		if i%value.BytesPerCheckpoint == value.BytesPerCheckpoint-1 {
			m.Checkpoint(L)
		}
		c := text[i]
		switch {
		case c == ' ' || '\t' <= c && c <= '\r':
			continue
		case c == '=':
			padding++
			continue
		case c == '-':
			c = '+'
		case c == '_':
			c = '/'
		case c != '+' && c != '/' && !('0' <= c && c <= '9') && !('a' <= c|0x20 && c|0x20 <= 'z'):
			return value.PushFailure(L, "invalid", "%s at byte %d is not a character of base64", value.Quote(text[i:i+1]), i+1)
		}
		if padding > 0 {
			return value.PushFailure(L, "invalid", "base64 continues after = at byte %d", i+1)
		}
		digits = append(digits, c)
	}
	rest := len(digits) % 4
	switch {
	case rest == 1:
		return value.PushFailure(L, "invalid", "the base64 is incomplete: %d characters", len(digits))
	case padding > 0 && (rest == 0 || padding != 4-rest):
		return value.PushFailure(L, "invalid", "the base64 has %d characters and %d = at its end", len(digits), padding)
	}
	bytes := make([]byte, 0, base64.RawStdEncoding.DecodedLen(len(digits)))
	// The length of each part but the last is a multiple of 4.
	for part := range slices.Chunk(digits, value.BytesPerCheckpoint) {
		var err error
		if bytes, err = base64.RawStdEncoding.AppendDecode(bytes, part); err != nil {
			return value.PushFailure(L, "invalid", "%s", err.Error())
		}
		m.Checkpoint(L)
	}
	L.Push(lua.LString(bytes))
	return 1
}
