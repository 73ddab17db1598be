package luastd

import (
	"fmt"
	"strconv"
	"strings"
)

// A JSONError says what in a value cannot be JSON:
// "items[3].x: a function cannot be JSON".
type JSONError struct {
	Path string // from the whole value to what is wrong in it; empty when it is the whole that is wrong
	Why  string

	whole bool // wrong with the whole value, wherever it was found
}

func (e *JSONError) Error() string {
	if e.Path == "" {
		return e.Why
	}
	return e.Path + ": " + e.Why
}

// In is the error with the name of the whole value in front: In("result")
// makes it "result.items[3].x: a function cannot be JSON".
func (e *JSONError) In(name string) *JSONError {
	dot := "."
	if e.Path == "" || e.Path[0] == '[' {
		dot = ""
	}
	return &JSONError{Path: name + dot + e.Path, Why: e.Why}
}

func wrongJSON(format string, args ...any) *JSONError {
	return &JSONError{Why: fmt.Sprintf(format, args...)}
}

// inElement is the error, found in the member with the key k.
func (e *JSONError) inElement(k int64) *JSONError {
	if e.whole {
		return e
	}
	return e.In("[" + strconv.FormatInt(k, 10) + "]")
}

// inField is the error, found in the member called name.
func (e *JSONError) inField(name string) *JSONError {
	switch {
	case e.whole:
		return e
	case canFollowDot(name):
		return e.In(name)
	default:
		return e.In("[" + quoteJSONKey(name) + "]")
	}
}

// canFollowDot reports whether s can stand after a dot.
func canFollowDot(s string) bool {
	for i, c := range []byte(s) {
		letter := c == '_' || 'a' <= c|0x20 && c|0x20 <= 'z'
		if !letter && (i == 0 || c < '0' || '9' < c) {
			return false
		}
	}
	return 0 < len(s) && len(s) <= maxJSONKeyShown
}

// maxJSONKeyShown is how much of a key an error shows: a path has up to 100.
const maxJSONKeyShown = 40

func quoteJSONKey(name string) string {
	if len(name) > maxJSONKeyShown {
		return strconv.Quote(strings.ToValidUTF8(name[:maxJSONKeyShown], "") + "...")
	}
	return strconv.Quote(name)
}
