// Package pattern matches the patterns of Lua 5.1, for string.find, match, gmatch and gsub.
//
// The matcher works like the matcher of Lua 5.1 in lstrlib.c. It reads the pattern from left to
// right and tries each possible number of repetitions, so a badly chosen pattern can take very
// long. Therefore the Matcher counts its steps. It regularly lets other tasks run, it ends when its
// task is killed, and it raises an error after MaxSteps. Only the goroutine that owns the Lua state
// may use a Matcher.
//
// There are two differences from Lua 5.1: a zero byte does not end a pattern, and repetitions and
// captures cannot be nested without limit.
package pattern

import (
	"strings"

	lua "github.com/yuin/gopher-lua"
)

const (
	// maxLength is the maximal length of a pattern in bytes.
	maxLength = 64 << 10

	// maxCaptures is the maximal number of captures in a pattern, as in Lua 5.1.
	maxCaptures = 32

	// maxDepth is the maximal number of nested calls of match. match is called for the rest of the
	// pattern after each repetition and each parenthesis.
	maxDepth = 1000
)

// A Matcher matches one pattern with one text. Each call of a string function needs a Matcher of
// its own: while gsub calls a Lua function that waits, other tasks may match patterns.
type Matcher struct {
	L            *lua.LState
	checkpointer Checkpointer
	text         string
	pattern      string
	anchored     bool // the pattern began with ^, which Init has removed

	maxSteps        int // number of steps after which an error is raised
	steps           int // number of steps before the last call of Checkpoint
	sinceCheckpoint int // number of steps since the last call of Checkpoint
	depth           int // number of nested calls of match

	level    int // number of captures that have begun
	captures [maxCaptures]capture
}

// A capture is the part of the text that a pair of parentheses has matched.
type capture struct {
	from int
	size int // length in bytes, or unfinished, or position
}

const (
	unfinished = -1 // the matcher has not reached the closing parenthesis of the capture
	position   = -2 // the capture is (), whose value is an index of the text
)

// Options are the settings of a Matcher. The zero value is right for string.find, match and gsub.
type Options struct {
	// PlainCaret makes a ^ at the beginning of the pattern an ordinary character, as in gmatch.
	PlainCaret bool
	// MaxSteps is how many steps the matching may take before the Matcher raises an error. Zero
	// stands for the constant MaxSteps of this package.
	MaxSteps int
}

// Init prepares m to match pattern with text. Call it once, before any other method. It raises an
// error if the pattern is too long.
func (m *Matcher) Init(L *lua.LState, checkpointer Checkpointer, text, pattern string, opts Options) {
	if len(pattern) > maxLength {
		L.RaiseError("pattern too long (%d bytes; the maximum is %d)", len(pattern), maxLength)
	}
	m.L, m.checkpointer, m.text, m.pattern, m.maxSteps = L, checkpointer, text, pattern, opts.MaxSteps
	if m.maxSteps == 0 {
		m.maxSteps = MaxSteps
	}
	if !opts.PlainCaret && strings.HasPrefix(pattern, "^") {
		m.anchored, m.pattern = true, pattern[1:]
	}
}

// Anchored reports whether the pattern begins with ^, so that it matches only where the search
// begins.
func (m *Matcher) Anchored() bool { return m.anchored }

// Find finds the first match that begins at index pos of the text or later. It returns where the
// match begins and ends. from is -1 if there is no match. Indices count bytes from 0.
func (m *Matcher) Find(pos int) (from, to int) {
	for ; pos <= len(m.text); pos++ {
		m.level = 0
		if to := m.match(pos, 0); to >= 0 {
			return pos, to
		}
		if m.anchored {
			break
		}
	}
	return -1, 0
}

// patternByte returns the byte at index p of the pattern, or 0 if p is after the end.
func (m *Matcher) patternByte(p int) byte {
	if p < len(m.pattern) {
		return m.pattern[p]
	}
	return 0
}
