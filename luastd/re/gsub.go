package re

import (
	"strings"

	lua "github.com/yuin/gopher-lua"

	"moonlark/luastd/value"
)

// A replacer replaces the matches in one call of gsub.
type replacer struct {
	L      *lua.LState
	m      *module
	p      *program
	text   string
	pieces []piece    // the parts of the replacement string; not used if repl is not nil
	repl   lua.LValue // the table or function, or nil
	out    strings.Builder
	work   int // work since the last call of Checkpoint, in bytes
}

func (m *module) gsub(L *lua.LState, p *program, s string) int {
	r := &replacer{L: L, m: m, p: p, text: s}
	switch repl := L.Get(3).(type) {
	case *lua.LTable, *lua.LFunction:
		r.repl = repl
	case lua.LString, lua.LNumber:
		var err error
		if r.pieces, err = parseReplacement(repl.String(), p.re); err != nil {
			L.ArgError(3, err.Error())
		}
	default:
		L.ArgError(3, "a string, a table or a function expected, got "+value.TypeName(repl))
	}
	limit := checkLimit(L, len(s)+1)
	found := m.matches(p, s)
	count, done := 0, 0 // number of matches, and number of bytes of s that have been handled
	for ; count < limit; count++ {
		loc := found.next(L, limit-count)
		if loc == nil {
			break
		}
		r.write(s[done:loc[0]])
		r.replace(loc)
		done = loc[1]
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

// checkLimit returns argument 4 of gsub, the maximal number of replacements.
func checkLimit(L *lua.LState, fallback int) int {
	v := L.Get(4)
	if v == lua.LNil || value.IsNull(v) {
		return fallback
	}
	if s, ok := v.(lua.LString); ok && strings.Trim(string(s), validFlags) == "" {
		L.ArgError(4, "the number of replacements expected; flags are argument 5 of re.gsub")
	}
	return int(min(value.CheckWhole(L, 4, 0, 1<<53), int64(fallback)))
}

// write appends text to the result.
func (r *replacer) write(text string) {
	if size := r.out.Len() + len(text); size > value.MaxText {
		value.RaiseTooLong(r.L, size)
	}
	r.out.WriteString(text)
	const bytesPerCall = 16 // how many bytes could be written in the time of a call
	if r.work += len(text) + bytesPerCall; r.work > value.BytesPerCheckpoint {
		r.work = 0
		r.m.Checkpoint(r.L)
	}
}

// replace writes the replacement of the match with the positions loc.
func (r *replacer) replace(loc []int) {
	if r.repl == nil {
		for _, piece := range r.pieces {
			r.write(piece.expand(r.text, loc))
		}
		return
	}
	v := r.replacement(loc)
	switch {
	case !lua.LVAsBool(v), value.IsNull(v):
		r.write(r.text[loc[0]:loc[1]])
	case lua.LVCanConvToString(v):
		r.write(v.String())
	default:
		r.L.RaiseError("re.gsub: the replacement must be a string, not %s", value.TypeName(v))
	}
}

// replacement returns the value of the table for the first group of a match, or what the function
// returns for all groups. If the pattern has no groups, the whole match counts as its group.
func (r *replacer) replacement(loc []int) lua.LValue {
	first := min(1, len(loc)/2-1)
	if t, ok := r.repl.(*lua.LTable); ok {
		key := group(r.text, loc, first)
		if key == lua.LNil {
			return lua.LNil
		}
		return r.L.GetTable(t, key)
	}
	r.L.Push(r.repl)
	for i := first; i < len(loc)/2; i++ {
		r.L.Push(group(r.text, loc, i))
	}
	r.L.Call(len(loc)/2-first, 1)
	v := r.L.Get(-1)
	r.L.Pop(1)
	return v
}
