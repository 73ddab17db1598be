package luastd

import (
	"math"
	"slices"
	"strconv"

	lua "github.com/yuin/gopher-lua"
)

// AppendJSON appends the JSON text of v to dst, by the rules of json.encode,
// and returns the extended slice. max is the most bytes it may append; zero
// means MaxJSON. When v cannot be JSON the error is a [*JSONError], and dst is
// returned as it was. Nothing is allocated but the room that dst lacks.
func AppendJSON(dst []byte, v lua.LValue, max int) ([]byte, error) {
	if max == 0 {
		max = MaxJSON
	}
	return appendJSON(dst, v, max, false)
}

func appendJSON(dst []byte, v lua.LValue, max int, pretty bool) ([]byte, error) {
	max = min(max, math.MaxInt-len(dst))
	e := jsonEncoder{buf: dst, max: max, end: len(dst) + max, pretty: pretty}
	err := e.value(v)
	if err == nil && e.full(0) {
		err = e.tooLong()
	}
	if err != nil {
		return dst, err
	}
	return e.buf, nil
}

// A jsonEncoder writes one value. It lives on the stack of appendJSON. What is
// wrong gets its path on the way back up.
type jsonEncoder struct {
	buf    []byte
	max    int // how many bytes it may write
	end    int // how long buf may get with them
	pretty bool

	depth int
	open  [maxJSONDepth]*lua.LTable // the tables being written, the outermost first
}

func (e *jsonEncoder) value(v lua.LValue) *JSONError {
	switch v := v.(type) {
	case lua.LString:
		return e.text(string(v))
	case lua.LNumber:
		f := float64(v)
		if math.IsNaN(f) {
			return wrongJSON("NaN cannot be JSON")
		}
		if math.IsInf(f, 0) {
			return wrongJSON("an infinite number cannot be JSON")
		}
		e.buf = appendJSONNumber(e.buf, f)
	case *lua.LTable:
		return e.table(v)
	case lua.LBool:
		e.buf = strconv.AppendBool(e.buf, bool(v))
	case nil, *lua.LNilType:
		e.buf = append(e.buf, "null"...)
	default:
		if !isJSONNull(v) {
			return wrongJSON("a %s cannot be JSON", v.Type())
		}
		e.buf = append(e.buf, "null"...)
	}
	return nil
}

func (e *jsonEncoder) text(s string) *JSONError {
	if e.full(len(s)) {
		return e.tooLong()
	}
	e.buf = appendJSONString(e.buf, s)
	return nil
}

// full reports whether n more bytes are too many.
func (e *jsonEncoder) full(n int) bool { return len(e.buf) > e.end-n }

func (e *jsonEncoder) tooLong() *JSONError {
	return &JSONError{Why: "longer than " + strconv.Itoa(e.max) + " bytes", whole: true}
}

func (e *jsonEncoder) table(t *lua.LTable) *JSONError {
	if slices.Contains(e.open[:e.depth], t) {
		return wrongJSON("cycle")
	}
	if e.depth == maxJSONDepth {
		return wrongJSON("more than %d tables in each other", maxJSONDepth)
	}
	e.open[e.depth] = t
	e.depth++
	err := e.members(t)
	e.depth--
	return err
}

// members finds out what t is, and writes it.
//
// A table has its members in two places. Those with keys from 1 to n are in
// its array part, with nils where there are none. The others lie behind it, in
// the order in which they were set. Next knows both, but has to make a box for
// each number that it returns: so the array part is read by number.
func (e *jsonEncoder) members(t *lua.LTable) *JSONError {
	n := t.MaxN()
	if n >= lua.MaxArrayIndex { // Next is lost in such a table
		return wrongJSON("an array of more than %d", lua.MaxArrayIndex-1)
	}
	var key, v lua.LValue // the first behind the array part
	if n == 0 {
		key, v = t.Next(lua.LNil)
	} else {
		key, v = t.Next(lua.LNumber(n))
	}
	tagged := isJSONArray(t)
	if n == 0 && !tagged {
		switch key.(type) {
		case lua.LString, *lua.LNilType:
			return e.named(t, key, v)
		}
	}
	last, from1, err := jsonSpan(t, n, key, tagged)
	switch {
	case err != nil:
		return err
	case tagged || from1:
		return e.array(t, n, last)
	default:
		return e.numbered(t, n, key, v)
	}
}

// named writes t as an object with names as its keys. It has no array part;
// key and v are its first member.
func (e *jsonEncoder) named(t *lua.LTable, key, v lua.LValue) *JSONError {
	e.buf = append(e.buf, '{')
	empty := true
	for ; key != lua.LNil; key, v = t.Next(key) {
		name, ok := key.(lua.LString)
		if !ok {
			return wrongJSONKey(t, key, false)
		}
		e.next(empty)
		if err := e.text(string(name)); err != nil {
			return err
		}
		if err := e.member(v); err != nil {
			return err.inField(string(name))
		}
		empty = false
	}
	e.close(empty, '}')
	return nil
}

// numbered writes t as an object with whole numbers as its keys: those from 1
// to n, and then those behind, of which key and v are the first.
func (e *jsonEncoder) numbered(t *lua.LTable, n int, key, v lua.LValue) *JSONError {
	e.buf = append(e.buf, '{')
	empty := true
	put := func(k int64, v lua.LValue) *JSONError {
		e.next(empty)
		empty = false
		e.buf = append(e.buf, '"')
		e.buf = strconv.AppendInt(e.buf, k, 10)
		e.buf = append(e.buf, '"')
		if err := e.member(v); err != nil {
			return err.inElement(k)
		}
		return nil
	}
	for i := 1; i <= n; i++ {
		if v := t.RawGetInt(i); v != lua.LNil {
			if err := put(int64(i), v); err != nil {
				return err
			}
		}
	}
	for ; key != lua.LNil; key, v = t.Next(key) {
		k, _ := wholeJSONKey(key)
		if err := put(k, v); err != nil {
			return err
		}
	}
	e.close(false, '}')
	return nil
}

// array writes the members of t from 1 to last. Those after n are behind the
// array part.
func (e *jsonEncoder) array(t *lua.LTable, n int, last int64) *JSONError {
	if last > int64(e.max/2) { // two bytes each: no need to try
		return wrongJSON("an array of %d is longer than %d bytes", last, e.max)
	}
	e.buf = append(e.buf, '[')
	for i := 1; i <= int(last); i++ {
		v := t.RawGetInt(i)
		if i > n {
			v = t.RawGetH(lua.LNumber(i))
		}
		e.next(i == 1)
		if err := e.value(v); err != nil {
			return err.inElement(int64(i))
		}
		if e.full(0) {
			return e.tooLong()
		}
	}
	e.close(last == 0, ']')
	return nil
}

// next begins the next member of an array or object.
func (e *jsonEncoder) next(first bool) {
	if !first {
		e.buf = append(e.buf, ',')
	}
	if e.pretty {
		e.line(e.depth)
	}
}

// member writes what follows a key.
func (e *jsonEncoder) member(v lua.LValue) *JSONError {
	e.buf = append(e.buf, ':')
	if e.pretty {
		e.buf = append(e.buf, ' ')
	}
	if err := e.value(v); err != nil {
		return err
	}
	if e.full(0) {
		return e.tooLong()
	}
	return nil
}

func (e *jsonEncoder) close(empty bool, bracket byte) {
	if e.pretty && !empty {
		e.line(e.depth - 1)
	}
	e.buf = append(e.buf, bracket)
}

// line begins a line, indented for depth.
func (e *jsonEncoder) line(depth int) {
	e.buf = append(e.buf, '\n')
	for range depth {
		e.buf = append(e.buf, "  "...)
	}
}
