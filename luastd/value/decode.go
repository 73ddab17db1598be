package value

import (
	"errors"
	"fmt"
	"math"
	"strconv"
	"strings"

	lua "github.com/yuin/gopher-lua"
)

// Parse converts a JSON text to a Lua value of the state L, by the rules of json.decode: see
// package json. The error says where the text is wrong, and what was expected there. The result
// does not share memory with data.
func Parse(L *lua.LState, data []byte) (lua.LValue, error) { return ParseString(L, string(data)) }

// ParseString is like Parse, for a string.
func ParseString(L *lua.LState, text string) (lua.LValue, error) {
	return parse(text, parser{state: stateOf(L), L: L})
}

// ParseBig is like ParseString, but it returns whole numbers beyond MaxWhole as strings of digits,
// because a Lua number would not be exact.
func ParseBig(L *lua.LState, text string) (lua.LValue, error) {
	return parse(text, parser{state: stateOf(L), L: L, bigAsText: true})
}

// ParseArguments converts the arguments of a tool call to a Lua value. It is like Parse, but the
// members of objects whose value is null are left out, at every depth. Agents often send null for a
// parameter that they do not want to set.
func ParseArguments(L *lua.LState, data []byte) (lua.LValue, error) {
	return parse(string(data), parser{state: stateOf(L), L: L, omitNull: true})
}

// A TooLongError is the error for a JSON text with more than MaxJSON bytes.
type TooLongError struct{}

// Error returns a text with the maximum length.
func (*TooLongError) Error() string { return fmt.Sprintf("longer than %d bytes", MaxJSON) }

// parse converts text to a Lua value with p, whose scanner is not yet set.
func parse(text string, p parser) (lua.LValue, error) {
	if len(text) > MaxJSON {
		return nil, &TooLongError{}
	}
	p.scanner = scanner{s: text}
	v, err := p.value()
	if err != nil {
		return nil, err
	}
	if p.peek(); p.i < len(text) {
		return nil, p.expected("the end")
	}
	return v, nil
}

// A parser makes the Lua values of one JSON text.
type parser struct {
	scanner
	state    *jsonState
	L        *lua.LState
	omitNull bool // leave out the members of objects whose value is null
	// bigAsText makes strings of the whole numbers that are not exact as Lua numbers
	bigAsText bool
	depth     int // number of arrays and objects that contain the current value
	tables    int // number of Lua tables made for the text so far
}

func (p *parser) value() (lua.LValue, error) {
	switch c := p.peek(); {
	case c == '"':
		s, err := p.text()
		return lua.LString(s), err
	case c == '-' || isDigit(c):
		start := p.i
		f, err := p.number()
		if text := p.s[start:p.i]; p.bigAsText && math.Abs(f) >= MaxWhole && isBig(text) {
			return lua.LString(strings.Clone(text)), err
		}
		return lua.LNumber(f), err
	case c == '{' || c == '[':
		return p.table(c)
	case c == 't':
		return lua.LTrue, p.word("true")
	case c == 'f':
		return lua.LFalse, p.word("false")
	case c == 'n':
		return p.state.null, p.word("null")
	default:
		return nil, p.expected("a value")
	}
}

// isBig reports whether text is a whole number, without a fraction or an exponent, that a Lua
// number does not represent exactly.
func isBig(text string) bool {
	n, err := strconv.ParseInt(text, 10, 64)
	if errors.Is(err, strconv.ErrSyntax) {
		return false // it has a fraction or an exponent
	}
	return err != nil || n > MaxWhole || n < -MaxWhole
}

func (p *parser) table(bracket byte) (*lua.LTable, error) {
	if p.depth == maxDepth {
		return nil, p.wrong(p.i, "more than %d nested arrays and objects", maxDepth)
	}
	if p.tables == maxTables {
		return nil, p.wrong(p.i, "more than %d arrays and objects", maxTables)
	}
	p.tables++
	p.depth++
	defer func() { p.depth-- }()
	p.i++
	if bracket == '[' {
		return p.array()
	}
	return p.object()
}

func (p *parser) array() (*lua.LTable, error) {
	t := p.L.CreateTable(4, 0)
	t.Metatable = p.state.array
	if p.skip(']') {
		return t, nil
	}
	for n := 1; ; n++ {
		v, err := p.value()
		if err != nil {
			return nil, err
		}
		if n >= lua.MaxArrayIndex {
			return nil, p.wrong(p.i-1, "an array of more than %d elements", lua.MaxArrayIndex-1)
		}
		t.RawSetInt(n, v)
		if p.skip(']') {
			return t, nil
		}
		if !p.skip(',') {
			return nil, p.expected("',' or ']'")
		}
	}
}

func (p *parser) object() (*lua.LTable, error) {
	t := p.L.CreateTable(0, 4)
	if p.skip('}') {
		return t, nil
	}
	for {
		if p.peek() != '"' {
			return nil, p.expected("a key in quotes")
		}
		name, err := p.text()
		if err != nil {
			return nil, err
		}
		if !p.skip(':') {
			return nil, p.expected("':'")
		}
		v, err := p.value()
		if err != nil {
			return nil, err
		}
		if p.omitNull && v == p.state.null {
			v = lua.LNil // if the name was set before, the last value counts
		}
		t.RawSetString(name, v)
		if p.skip('}') {
			return t, nil
		}
		if !p.skip(',') {
			return nil, p.expected("',' or '}'")
		}
	}
}
