package value

import (
	"fmt"
	"strconv"
)

// An Error says which part of a Lua value cannot be written as JSON, and why. Its text is, for
// example, "items[3].x: a function cannot be JSON".
type Error struct {
	Path string // path from the whole value to the wrong part; "" if the whole value is wrong
	Why  string

	TooLong bool // the JSON text is too long; Path is ""
}

// Error returns the path, if there is one, and the reason.
func (e *Error) Error() string {
	if e.Path == "" {
		return e.Why
	}
	return e.Path + ": " + e.Why
}

// In returns e with the name of the whole value at the beginning of the path. For example,
// In("result") turns "items[3].x" into "result.items[3].x".
func (e *Error) In(name string) *Error {
	dot := "."
	if e.Path == "" || e.Path[0] == '[' {
		dot = ""
	}
	return &Error{Path: name + dot + e.Path, Why: e.Why}
}

func newError(format string, args ...any) *Error {
	return &Error{Why: fmt.Sprintf(format, args...)}
}

// inElement returns e with the element k at the beginning of its path. The caller is writing the
// array that contains the element.
func (e *Error) inElement(k int64) *Error {
	if e.TooLong {
		return e
	}
	return e.In("[" + strconv.FormatInt(k, 10) + "]")
}

// inField returns e with the field name at the beginning of its path. The caller is writing the
// object that contains the field.
func (e *Error) inField(name string) *Error {
	switch {
	case e.TooLong:
		return e
	case canFollowDot(name):
		return e.In(name)
	default:
		return e.In("[" + Quote(name) + "]")
	}
}

// canFollowDot reports whether s is a short name that can be written after a dot in Lua.
func canFollowDot(s string) bool {
	for i, c := range []byte(s) {
		letter := c == '_' || 'a' <= c|0x20 && c|0x20 <= 'z'
		if !letter && (i == 0 || !isDigit(c)) {
			return false
		}
	}
	return 0 < len(s) && len(s) <= maxKeyShown
}

// maxKeyShown is how many bytes of a key an error shows. The limit is small because a path may have
// 100 keys.
const maxKeyShown = 40
