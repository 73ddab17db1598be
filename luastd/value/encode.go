package value

import (
	"math"
	"slices"
	"strconv"

	lua "github.com/yuin/gopher-lua"
)

// Append appends the JSON text of v to dst and returns the result. The rules are those of
// json.encode: see package json. max is the maximal number of bytes to append; zero means MaxJSON.
// If v cannot be written as JSON, Append returns dst unchanged and an [*Error]. Append allocates no
// memory if dst has enough capacity.
func Append(dst []byte, v lua.LValue, max int) ([]byte, error) {
	if max == 0 {
		max = MaxJSON
	}
	return encode(dst, v, max, encoder{})
}

// AppendRevealed is like Append, but asks reveal for the text to write in place of each userdata.
// If reveal returns false, the userdata cannot be written. The maximal number of bytes is MaxJSON.
func AppendRevealed(dst []byte, v lua.LValue, reveal func(*lua.LUserData) (string, bool)) ([]byte, error) {
	return encode(dst, v, MaxJSON, encoder{reveal: reveal})
}

// AppendPretty is like Append, but it writes each member of an object or array on a line of its
// own, indented. The maximal number of bytes is MaxJSON.
func AppendPretty(dst []byte, v lua.LValue) ([]byte, error) {
	return encode(dst, v, MaxJSON, encoder{pretty: true})
}

// encode does what Append says, in the way that the fields pretty and reveal of e say.
func encode(dst []byte, v lua.LValue, max int, e encoder) ([]byte, error) {
	max = min(max, math.MaxInt-len(dst))
	e.buf, e.max, e.end = dst, max, len(dst)+max
	err := e.value(v)
	if err == nil && e.full(0) {
		err = e.tooLong()
	}
	if err != nil {
		return dst, err
	}
	return e.buf, nil
}

// An encoder writes the JSON text of one value. When a method for a part of the value returns an
// error, its caller adds the name of the part to the path of the error.
type encoder struct {
	buf    []byte
	max    int // maximal number of bytes to append
	end    int // maximal length of buf, including what dst contained
	pretty bool
	reveal func(*lua.LUserData) (string, bool) // see AppendRevealed; may be nil

	depth int
	open  [maxDepth]*lua.LTable // the tables that contain the value being written, outermost first
}

func (e *encoder) value(v lua.LValue) *Error {
	switch v := v.(type) {
	case lua.LString:
		return e.text(string(v))
	case lua.LNumber:
		f := float64(v)
		if math.IsNaN(f) {
			return newError("NaN cannot be JSON")
		}
		if math.IsInf(f, 0) {
			return newError("an infinite number cannot be JSON")
		}
		e.buf = appendNumber(e.buf, f)
	case *lua.LTable:
		return e.table(v)
	case lua.LBool:
		e.buf = strconv.AppendBool(e.buf, bool(v))
	case nil, *lua.LNilType:
		e.buf = append(e.buf, "null"...)
	default:
		if IsNull(v) {
			e.buf = append(e.buf, "null"...)
			return nil
		}
		if ud, ok := v.(*lua.LUserData); ok && e.reveal != nil {
			if s, ok := e.reveal(ud); ok {
				return e.text(s)
			}
		}
		return newError("%s cannot be JSON", TypeName(v))
	}
	return nil
}

func (e *encoder) text(s string) *Error {
	if e.full(len(s)) {
		return e.tooLong()
	}
	e.buf = appendText(e.buf, s)
	return nil
}

// full reports whether n more bytes would exceed the maximum.
func (e *encoder) full(n int) bool { return len(e.buf) > e.end-n }

func (e *encoder) tooLong() *Error {
	return &Error{Why: "longer than " + strconv.Itoa(e.max) + " bytes", TooLong: true}
}

func (e *encoder) table(t *lua.LTable) *Error {
	if slices.Contains(e.open[:e.depth], t) {
		return newError("a table cannot contain itself")
	}
	if e.depth == maxDepth {
		return newError("more than %d nested tables", maxDepth)
	}
	e.open[e.depth] = t
	e.depth++
	err := e.members(t)
	e.depth--
	return err
}

// members writes t as an array or as an object.
//
// A table of gopher-lua has two parts. The array part has the keys from 1 to MaxN, and nil for each
// missing key. The other part has the other keys, in the order in which they were set. Next
// iterates over both parts, but allocates memory for each number. Therefore the array part is read
// with RawGetInt.
func (e *encoder) members(t *lua.LTable) *Error {
	n := t.MaxN()
	if n >= lua.MaxArrayIndex { // Next does not work with such a table
		return newError("an array of more than %d elements", lua.MaxArrayIndex-1)
	}
	var key, v lua.LValue // the first member that is not in the array part
	if n == 0 {
		key, v = t.Next(lua.LNil)
	} else {
		key, v = t.Next(lua.LNumber(n))
	}
	tagged := IsArray(t)
	if n == 0 && !tagged {
		switch key.(type) {
		case lua.LString, *lua.LNilType:
			return e.named(t, key, v)
		}
	}
	last, from1, err := keySpan(t, n, key, tagged)
	switch {
	case err != nil:
		return err
	case tagged || from1:
		return e.array(t, n, last)
	default:
		return e.numbered(t, n, key, v)
	}
}

// named writes t as an object whose keys are strings. t must have no array part. key and v are its
// first member.
func (e *encoder) named(t *lua.LTable, key, v lua.LValue) *Error {
	e.buf = append(e.buf, '{')
	empty := true
	for ; key != lua.LNil; key, v = t.Next(key) {
		name, ok := key.(lua.LString)
		if !ok {
			return keyError(t, key, false)
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

// numbered writes t as an object whose keys are whole numbers. It first writes the members with the
// keys from 1 to n, which are in the array part. key and v are the first of the other members.
func (e *encoder) numbered(t *lua.LTable, n int, key, v lua.LValue) *Error {
	e.buf = append(e.buf, '{')
	empty := true
	put := func(k int64, v lua.LValue) *Error {
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
		k, _ := wholeKey(key)
		if err := put(k, v); err != nil {
			return err
		}
	}
	e.close(false, '}')
	return nil
}

// array writes t as an array of the elements from 1 to last. The elements from 1 to n are in the
// array part of t.
func (e *encoder) array(t *lua.LTable, n int, last int64) *Error {
	if last > int64(e.max/2) { // an element takes at least two bytes: its text and a comma
		return newError("an array of %d elements is longer than %d bytes", last, e.max)
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

// next writes what comes before a member of an array or object: a comma, unless the member is the
// first, and the line end of the pretty form.
func (e *encoder) next(first bool) {
	if !first {
		e.buf = append(e.buf, ',')
	}
	if e.pretty {
		e.newLine(e.depth)
	}
}

// member writes a colon and v, which is the value of a member of an object.
func (e *encoder) member(v lua.LValue) *Error {
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

// close writes the closing bracket of an array or object. empty reports whether it has no members.
func (e *encoder) close(empty bool, bracket byte) {
	if e.pretty && !empty {
		e.newLine(e.depth - 1)
	}
	e.buf = append(e.buf, bracket)
}

// newLine writes a line end, and the indentation for members at this depth.
func (e *encoder) newLine(depth int) {
	e.buf = append(e.buf, '\n')
	for range depth {
		e.buf = append(e.buf, "  "...)
	}
}
