package debug

import (
	"fmt"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"sync/atomic"

	lua "github.com/yuin/gopher-lua"
)

// A Breakpoint is what the client asks for.
type Breakpoint struct {
	Line int
	// Condition is a Lua expression. The breakpoint counts only if its value is true. It may be
	// empty.
	Condition string
	// HitCondition is a number with an operator, such as "3", ">= 3" or "% 3". It is compared with
	// how often the breakpoint has been reached. It may be empty.
	HitCondition string
	// LogMessage is text that is sent to the client instead of a stop. Expressions in braces are
	// replaced by their values. It may be empty.
	LogMessage string
}

// A BreakpointState says where a breakpoint is.
type BreakpointState struct {
	ID       int
	Line     int // the line at which it stops
	Verified bool
	Message  string // why it is not verified
}

// A breakpoint is one breakpoint of the client. Its fields do not change, except those of
// BreakpointState, which the mutex of the Debugger guards, and hits.
type breakpoint struct {
	Breakpoint
	BreakpointState
	mistake   string // a mistake in the breakpoint; "" if there is none
	condition *lua.FunctionProto
	hit       func(hits int64) bool
	message   []piece
	hits      atomic.Int64 // how often it has been reached
}

// A breakpointTable has the breakpoints by the name of the source and the line. It never changes.
type breakpointTable map[string]map[int][]*breakpoint

// newBreakpoint compiles what the client asks for.
func newBreakpoint(id int, want Breakpoint) *breakpoint {
	b := &breakpoint{Breakpoint: want}
	b.ID = id
	var err error
	if want.Condition != "" {
		if b.condition, err = compileExpression(want.Condition); err != nil {
			b.mistake = "condition: " + err.Error()
		}
	}
	if b.hit, err = parseHitCondition(want.HitCondition); err != nil {
		b.mistake = err.Error()
	}
	if b.message, err = parseLogMessage(want.LogMessage); err != nil {
		b.mistake = "log message: " + err.Error()
	}
	return b
}

// place sets the state of b, which is in the file f, and returns it.
func (b *breakpoint) place(f *file) BreakpointState {
	b.BreakpointState.Line, b.Verified, b.Message = b.Breakpoint.Line, false, b.mistake
	at, _ := slices.BinarySearch(f.lines, b.Breakpoint.Line)
	switch {
	case b.mistake != "":
	case f.lines == nil:
		b.Message = "no script has loaded this file"
	case at == len(f.lines):
		b.Message = "there is no code in this line or after it"
	default:
		b.BreakpointState.Line, b.Verified = f.lines[at], true
	}
	return b.BreakpointState
}

// updateTable makes the table for the executors anew. The caller must hold d.mu.
func (d *Debugger) updateTable() {
	table := make(breakpointTable)
	for _, f := range d.files {
		lines := make(map[int][]*breakpoint)
		for _, b := range f.breakpoints {
			if b.Verified {
				lines[b.BreakpointState.Line] = append(lines[b.BreakpointState.Line], b)
			}
		}
		if len(lines) == 0 {
			continue
		}
		for _, name := range f.names {
			table[name] = lines
		}
	}
	d.table.Store(&table)
	for _, s := range d.scripts {
		s.updateWatch()
	}
}

var hitCondition = regexp.MustCompile(`^\s*(==?|>=?|<=?|%)?\s*(\d{1,15})\s*$`)

// parseHitCondition returns a function that reports whether a breakpoint counts that has been
// reached for the given number of times.
func parseHitCondition(text string) (func(hits int64) bool, error) {
	if strings.TrimSpace(text) == "" {
		return func(int64) bool { return true }, nil
	}
	parts := hitCondition.FindStringSubmatch(text)
	if parts == nil {
		return nil, fmt.Errorf("hit count: %q is not a number such as 3, >= 3 or %% 3", text)
	}
	n, _ := strconv.ParseInt(parts[2], 10, 64)
	switch parts[1] {
	case ">":
		return func(hits int64) bool { return hits > n }, nil
	case ">=":
		return func(hits int64) bool { return hits >= n }, nil
	case "<":
		return func(hits int64) bool { return hits < n }, nil
	case "<=":
		return func(hits int64) bool { return hits <= n }, nil
	case "%":
		if n == 0 {
			return nil, fmt.Errorf("hit count: %% 0 is not possible")
		}
		return func(hits int64) bool { return hits%n == 0 }, nil
	}
	return func(hits int64) bool { return hits == n }, nil
}

// A piece is a part of a log message: a text, or an expression.
type piece struct {
	text       string
	expression *lua.FunctionProto // nil if the piece is a text
}

// parseLogMessage splits a log message into texts and expressions, which are in braces.
func parseLogMessage(message string) ([]piece, error) {
	var all []piece
	for message != "" {
		open := strings.IndexByte(message, '{')
		if open < 0 {
			return append(all, piece{text: message}), nil
		}
		end, depth := open+1, 1
		for ; end < len(message) && depth > 0; end++ {
			switch message[end] {
			case '{':
				depth++
			case '}':
				depth--
			}
		}
		if depth > 0 {
			return nil, fmt.Errorf("a } is missing")
		}
		proto, err := compileExpression(message[open+1 : end-1])
		if err != nil {
			return nil, err
		}
		all = append(all, piece{text: message[:open]}, piece{expression: proto})
		message = message[end:]
	}
	return all, nil
}
