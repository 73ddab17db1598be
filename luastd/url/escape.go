package url

import (
	"fmt"
	"strings"

	lua "github.com/yuin/gopher-lua"

	"moonlark/luastd/value"
)

// Characters that may stand in each part of a URL without an escape, in addition to letters, digits
// and - . _ ~.
const (
	none        = ""
	inPath      = "/:@!$&'()*+,;="
	inFragment  = inPath + "?"
	hexadecimal = "0123456789ABCDEF"
)

func isUnreserved(c byte) bool {
	return 'a' <= c|0x20 && c|0x20 <= 'z' || '0' <= c && c <= '9' || c == '-' || c == '.' || c == '_' || c == '~'
}

// appendEscaped appends s with escapes for all bytes except unreserved ones and those in allowed.
func appendEscaped(dst []byte, s, allowed string) []byte {
	for i := range len(s) {
		c := s[i]
		if isUnreserved(c) || strings.IndexByte(allowed, c) >= 0 {
			dst = append(dst, c)
		} else {
			dst = append(dst, '%', hexadecimal[c>>4], hexadecimal[c&15])
		}
	}
	return dst
}

// appendPath appends a path that may have escapes. It escapes the bytes that cannot stand in a
// path.
func appendPath(dst []byte, path string) []byte {
	for i := range len(path) {
		if _, ok := escapedByte(path, i); ok {
			dst = append(dst, '%')
		} else {
			dst = appendEscaped(dst, path[i:i+1], inPath)
		}
	}
	return dst
}

// escapedByte returns the byte that the escape at s[i:] stands for. ok is false if
// s[i:] does not begin with % and two hexadecimal digits.
func escapedByte(s string, i int) (c byte, ok bool) {
	if i+2 >= len(s) || s[i] != '%' {
		return 0, false
	}
	high, ok1 := value.HexDigit(s[i+1])
	low, ok2 := value.HexDigit(s[i+2])
	return high<<4 | low, ok1 && ok2
}

// appendUnescaped appends s without its escapes. If plus is true, + becomes a space. It returns an
// error if s has a % that begins no escape.
func appendUnescaped(dst []byte, s string, plus bool) ([]byte, error) {
	for i := 0; i < len(s); i++ {
		c, ok := escapedByte(s, i)
		switch {
		case ok:
			dst = append(dst, c)
			i += 2
		case s[i] == '%':
			return nil, fmt.Errorf("%s is not an escape of two hexadecimal digits", value.Quote(s[i:min(i+3, len(s))]))
		case plus && s[i] == '+':
			dst = append(dst, ' ')
		default:
			dst = append(dst, s[i])
		}
	}
	return dst, nil
}

func unescape(s string, plus bool) (string, error) {
	b, err := appendUnescaped(nil, s, plus)
	return string(b), err
}

func (m module) encode(L *lua.LState) int {
	s := L.CheckString(1)
	if len(s) > maxText {
		L.ArgError(1, fmt.Sprintf("the text has %d bytes; the maximum is %d", len(s), maxText))
	}
	var text []byte
	for len(s) > value.BytesPerCheckpoint {
		text = appendEscaped(text, s[:value.BytesPerCheckpoint], none)
		s = s[value.BytesPerCheckpoint:]
		m.Checkpoint(L)
	}
	L.Push(lua.LString(appendEscaped(text, s, none)))
	return 1
}

func (m module) decode(L *lua.LState) int {
	s := L.CheckString(1)
	if len(s) > maxText {
		return value.PushFailure(L, "too_large", "the text has %d bytes; the maximum is %d", len(s), maxText)
	}
	var text []byte
	for s != "" {
		n := min(value.BytesPerCheckpoint, len(s))
		if n < len(s) { // a part must not end inside of an escape
			if at := strings.LastIndexByte(s[n-2:n], '%'); at >= 0 {
				n += at - 2
			}
		}
		var err error
		if text, err = appendUnescaped(text, s[:n], false); err != nil {
			return value.PushFailure(L, "invalid", "%s", err.Error())
		}
		s = s[n:]
		m.Checkpoint(L)
	}
	L.Push(lua.LString(text))
	return 1
}
