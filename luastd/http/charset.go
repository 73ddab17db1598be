package http

import (
	"strings"
	"unicode/utf8"

	lua "github.com/yuin/gopher-lua"
	"golang.org/x/net/html/charset"
	"golang.org/x/text/encoding"
	"golang.org/x/text/transform"

	"moonlark/luastd/value"
)

// responseText returns the body in UTF-8. Its encoding is that of the byte order mark, the header
// Content-Type, or the element meta of HTML, in this order. A body without any of them is UTF-8 if
// it can be.
func (m *module) responseText(L *lua.LState) int {
	body, r := checkBody(L)
	enc, name, certain := charset.DetermineEncoding([]byte(body[:min(len(body), 1024)]), r.header.Get("Content-Type"))
	if name == "utf-8" || !certain && utf8.ValidString(body) {
		L.Push(lua.LString(strings.ToValidUTF8(strings.TrimPrefix(body, "\uFEFF"), "\uFFFD")))
		return 1
	}
	s, ok := m.decode(L, enc, body)
	if !ok {
		return value.PushFailure(L, "too_large", "the text has more than %d bytes", value.MaxText)
	}
	L.Push(lua.LString(s))
	return 1
}

// decode returns body in UTF-8. ok is false if the result is too long.
func (m *module) decode(L *lua.LState, enc encoding.Encoding, body string) (s string, ok bool) {
	r := transform.NewReader(strings.NewReader(body), enc.NewDecoder())
	var b strings.Builder
	chunk := make([]byte, 64<<10)
	for unchecked := 0; ; {
		n, err := r.Read(chunk)
		b.Write(chunk[:n])
		if err != nil { // a decoder has no other error than the end
			return strings.TrimPrefix(b.String(), "\uFEFF"), true
		}
		if b.Len() > value.MaxText {
			return "", false
		}
		if unchecked += n; unchecked >= value.BytesPerCheckpoint {
			unchecked = 0
			m.rt.Checkpoint(L)
		}
	}
}
