package luastd

import (
	"strconv"
	"strings"

	lua "github.com/yuin/gopher-lua"
)

// A replacer is one call of gsub.
type replacer struct {
	L        *lua.LState
	breather Breather
	repl     lua.LValue // a string, a table or a function
	plain    bool       // repl is a string without a %
	out      strings.Builder
	rested   int // how long out was when others could last run
}

func (lib *stringLib) gsub(L *lua.LState) int {
	s := checkString(L, 1)
	p := lib.pattern(L, false)
	r := replacer{L: L, breather: lib.breather, repl: replacement(L)}
	if text, ok := r.repl.(lua.LString); ok {
		r.plain = strings.IndexByte(string(text), '%') < 0
	}
	most := optInt(L, 4, len(s)+1)

	var m matcher
	m.begin(L, lib, p, s)
	count, done := 0, 0 // s[:done] is in r.out
	for at := 0; count < most && at <= len(s); {
		from, to := m.find(at)
		if from < 0 {
			break
		}
		if count == 0 {
			r.out.Grow(len(s))
		}
		count++
		r.write(s[done:from])
		r.replace(&m, from, to)
		done, at = to, to
		if from == to { // the byte after an empty match stays
			at++
		}
		if p.anchored {
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

// replacement is what argument 3 of gsub says to put in the place of a match.
func replacement(L *lua.LState) lua.LValue {
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
	if size := r.out.Len() + len(text); size > mostText {
		raiseTooLarge(r.L, float64(size))
	}
	r.out.WriteString(text)
	if r.out.Len()-r.rested > breath {
		r.rested = r.out.Len()
		r.breather.Breathe(r.L)
	}
}

// replace writes what comes in the place of a match.
func (r *replacer) replace(m *matcher, from, to int) {
	L := r.L
	var v lua.LValue
	switch repl := r.repl.(type) {
	case lua.LString:
		if r.plain {
			r.write(string(repl))
		} else {
			r.expand(string(repl), m, from, to)
		}
		return
	case *lua.LTable:
		v = L.GetTable(repl, m.value(0, from, to))
	default:
		L.Push(repl)
		L.Call(m.push(from, to), 1)
		v = L.Get(-1)
		L.Pop(1)
	}
	if !lua.LVAsBool(v) {
		r.write(m.text[from:to])
		return
	}
	text, ok := asString(v)
	if !ok {
		L.RaiseError("invalid replacement value (a %s)", v.Type().String())
	}
	r.write(text)
}

// expand writes a replacement string: %0 to %9 are the match and its captures,
// any other byte after % is itself.
func (r *replacer) expand(repl string, m *matcher, from, to int) {
	for {
		at := strings.IndexByte(repl, '%')
		if at < 0 {
			r.write(repl)
			return
		}
		r.write(repl[:at])
		next := byte(0) // C's end of a string
		if at+1 < len(repl) {
			next = repl[at+1]
		}
		switch {
		case next == '0':
			r.write(m.text[from:to])
		case next >= '1' && next <= '9':
			if from, to, position := m.capture(int(next-'1'), from, to); position {
				r.write(strconv.Itoa(from + 1))
			} else {
				r.write(m.text[from:to])
			}
		default:
			r.write(string([]byte{next}))
		}
		repl = repl[min(at+2, len(repl)):]
	}
}
