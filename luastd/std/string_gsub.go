package std

import (
	"strings"

	lua "github.com/yuin/gopher-lua"

	"moonlark/luastd"
	"moonlark/luastd/pattern"
	"moonlark/luastd/value"
)

// A replacer replaces the matches in one call of gsub.
type replacer struct {
	L              *lua.LState
	checkpointer   luastd.Checkpointer
	text           string
	repl           lua.LValue // the replacement: a string, a table or a function
	out            strings.Builder
	lastCheckpoint int // length of out at the last call of Checkpoint
}

func (lib *stringLib) gsub(L *lua.LState) int {
	s := checkString(L, 1)
	var m pattern.Matcher
	lib.matcher(&m, L, s)
	r := replacer{L: L, checkpointer: lib.checkpointer, text: s, repl: checkReplacement(L)}
	limit := optInt(L, 4, len(s)+1)

	// number of matches, and number of bytes of s that have been written to r.out
	count, done := 0, 0
	for at := 0; count < limit && at <= len(s); {
		from, to := m.Find(at)
		if from < 0 {
			break
		}
		count++
		r.write(s[done:from])
		r.replace(&m, from, to)
		done, at = to, to
		if from == to { // after an empty match, the search continues one byte later
			at++
		}
		if m.Anchored() {
			break
		}
	}
	if count == 0 {
		L.Push(lua.LString(s))
	} else {
		r.write(s[done:])
		L.Push(lua.LString(r.out.String()))
	}
	L.Push(lua.LNumber(count))
	return 2
}

// checkReplacement returns argument 3 of gsub, which must be a string, a number, a table or a
// function.
func checkReplacement(L *lua.LState) lua.LValue {
	v := L.Get(3)
	switch v.(type) {
	case lua.LString, *lua.LTable, *lua.LFunction:
		return v
	}
	text, ok := asString(v)
	if !ok {
		argError(L, 3, "string/function/table expected")
	}
	return lua.LString(text)
}

func (r *replacer) write(text string) {
	if size := r.out.Len() + len(text); size > value.MaxText {
		value.RaiseTooLong(r.L, size)
	}
	r.out.WriteString(text)
	if r.out.Len()-r.lastCheckpoint > bytesPerCheckpoint {
		r.lastCheckpoint = r.out.Len()
		r.checkpointer.Checkpoint(r.L)
	}
}

// replace writes the replacement of the match in text[from:to].
func (r *replacer) replace(m *pattern.Matcher, from, to int) {
	L := r.L
	var v lua.LValue
	switch repl := r.repl.(type) {
	case lua.LString:
		r.expand(string(repl), m, from, to)
		return
	case *lua.LTable:
		v = L.GetTable(repl, m.Value(0, from, to))
	default:
		L.Push(repl)
		L.Call(m.Push(from, to), 1)
		v = L.Get(-1)
		L.Pop(1)
	}
	if !lua.LVAsBool(v) {
		r.write(r.text[from:to])
		return
	}
	text, ok := asString(v)
	if !ok {
		L.RaiseError("invalid replacement value (a %s)", v.Type().String())
	}
	r.write(text)
}

// expand writes a replacement string. It replaces %0 by the match, and %1 to %9 by the captures of
// the match. It removes a % before any other byte.
func (r *replacer) expand(repl string, m *pattern.Matcher, from, to int) {
	for {
		at := strings.IndexByte(repl, '%')
		if at < 0 {
			r.write(repl)
			return
		}
		r.write(repl[:at])
		// stays zero if % is the last byte, as in C, where a zero byte ends a string
		next := byte(0)
		if at+1 < len(repl) {
			next = repl[at+1]
		}
		switch {
		case next == '0':
			r.write(r.text[from:to])
		case next >= '1' && next <= '9':
			text, _ := asString(m.Value(int(next-'1'), from, to))
			r.write(text)
		default:
			r.write(string([]byte{next}))
		}
		repl = repl[min(at+2, len(repl)):]
	}
}
