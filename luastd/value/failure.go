package value

import (
	"fmt"
	"strings"

	lua "github.com/yuin/gopher-lua"

	"moonlark/engine/safetext"
)

// MaxText is the maximal length of a string that a function of a module returns, in bytes.
const MaxText = 64 << 20

// BytesPerCheckpoint is how many bytes a Go function of a module reads or writes between two calls
// of luastd.Checkpointer.Checkpoint.
const BytesPerCheckpoint = 256 << 10

// maxReason is the maximum length of the reason of a failure, in bytes.
const maxReason = 300

// PushFailure pushes the three results of a Lua function that has failed: nil, the reason, and the
// code. code is a word such as "invalid". The reason is the code, a colon and the formatted text.
// PushFailure cuts a reason of more than maxReason bytes. It returns 3, the number of results,
// which a Go function must return to Lua.
func PushFailure(L *lua.LState, code, format string, args ...any) int {
	reason := safetext.Cut(code+": "+fmt.Sprintf(format, args...), maxReason-len("..."), "...")
	L.Push(lua.LNil)
	L.Push(lua.LString(reason))
	L.Push(lua.LString(code))
	return 3
}

// RaiseTooLong raises the error for a result of size bytes, which is more than MaxText.
func RaiseTooLong(L *lua.LState, size int) {
	L.RaiseError("resulting string too large (%d bytes; the maximum is %d)", size, MaxText)
}

// shorten returns s for an error message: at most maxKeyShown bytes of it.
func shorten(s string) string {
	if len(s) > maxKeyShown {
		return strings.ToValidUTF8(s[:maxKeyShown], "") + "..."
	}
	return s
}

// Quote returns s in quotes for an error message. It shows at most 40 bytes of s, and shows control
// characters and bytes that are not UTF-8 as escapes.
func Quote(s string) string { return fmt.Sprintf("%q", shorten(s)) }
