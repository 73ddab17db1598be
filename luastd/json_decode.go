package luastd

import (
	"fmt"
	"strings"

	lua "github.com/yuin/gopher-lua"
)

// ParseJSON is the value of a JSON text, by the rules of json.decode, for the
// Lua state L. The error says where the text is wrong and what was expected
// there. No part of data is kept.
func ParseJSON(L *lua.LState, data []byte) (lua.LValue, error) {
	return jsonStateOf(L).parse(L, string(data))
}

func (j *jsonState) parse(L *lua.LState, text string) (lua.LValue, error) {
	if len(text) > MaxJSON {
		return nil, fmt.Errorf("longer than %d bytes", MaxJSON)
	}
	p := jsonParser{jsonScanner: jsonScanner{s: text, spare: j.buf}, state: j, L: L}
	v, err := p.value()
	if p.peek(); err == nil && p.i < len(text) {
		err = p.expected("the end")
	}
	p.drop(0, 0)
	j.buf = p.spare
	j.trim()
	if err != nil {
		return nil, err
	}
	return v, nil
}

// A jsonParser makes the values of one text.
//
// A table is made once its size is known, for one that grows is made again and
// again. Until then its values, and their names if it is an object, wait on top
// of those of the tables that it is in.
type jsonParser struct {
	jsonScanner
	state  *jsonState
	L      *lua.LState
	depth  int
	tables int
}

func (p *jsonParser) value() (lua.LValue, error) {
	switch c := p.peek(); {
	case c == '"':
		s, borrowed, err := p.text()
		if borrowed {
			s = strings.Clone(s) // it would hold on to the whole text
		}
		return lua.LString(s), err
	case c == '-' || '0' <= c && c <= '9':
		f, err := p.number()
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

func (p *jsonParser) table(bracket byte) (lua.LValue, error) {
	if p.depth == maxJSONDepth {
		return nil, p.wrong(p.i, "more than %d arrays and objects in each other", maxJSONDepth)
	}
	if p.tables == maxJSONTables {
		return nil, p.wrong(p.i, "more than %d arrays and objects", maxJSONTables)
	}
	p.tables++
	p.depth++
	values, names := len(p.state.values), len(p.state.names)
	var t *lua.LTable
	var err error
	if p.i++; bracket == '[' {
		t, err = p.array()
	} else {
		t, err = p.object()
	}
	p.depth--
	p.drop(values, names)
	return t, err
}

func (p *jsonParser) array() (*lua.LTable, error) {
	first := len(p.state.values)
	for more := !p.skip(']'); more; {
		v, err := p.value()
		if err != nil {
			return nil, err
		}
		p.state.values = append(p.state.values, v)
		if more = p.skip(','); !more && !p.skip(']') {
			return nil, p.expected("',' or ']'")
		}
	}
	values := p.state.values[first:]
	if len(values) >= lua.MaxArrayIndex {
		return nil, p.wrong(p.i-1, "an array of more than %d", lua.MaxArrayIndex-1)
	}
	t := p.L.CreateTable(len(values), 0)
	for i, v := range values {
		t.RawSetInt(i+1, v)
	}
	t.Metatable = p.state.array
	return t, nil
}

func (p *jsonParser) object() (*lua.LTable, error) {
	firstName, firstValue := len(p.state.names), len(p.state.values)
	for more := !p.skip('}'); more; {
		if p.peek() != '"' {
			return nil, p.expected("a key in quotes")
		}
		name, _, err := p.text()
		if err != nil {
			return nil, err
		}
		p.state.names = append(p.state.names, p.state.known.own(name))
		if !p.skip(':') {
			return nil, p.expected("':'")
		}
		v, err := p.value()
		if err != nil {
			return nil, err
		}
		p.state.values = append(p.state.values, v)
		if more = p.skip(','); !more && !p.skip('}') {
			return nil, p.expected("',' or '}'")
		}
	}
	names, values := p.state.names[firstName:], p.state.values[firstValue:]
	t := p.L.CreateTable(0, len(names))
	for i, name := range names {
		t.RawSetString(name, values[i])
	}
	return t, nil
}

// drop forgets the values and names that wait after the first so many.
func (p *jsonParser) drop(values, names int) {
	clear(p.state.values[values:])
	clear(p.state.names[names:])
	p.state.values = p.state.values[:values]
	p.state.names = p.state.names[:names]
}

// jsonNames has keys that were met lately. Keys come again and again, and so
// most of them need no memory of their own.
type jsonNames [64]string

// own is name in memory of its own.
func (n *jsonNames) own(name string) string {
	size := len(name)
	if size == 0 || size > 32 {
		return strings.Clone(name)
	}
	slot := &n[(size*5+int(name[0])*7+int(name[size/2])*11+int(name[size-1])*13)%len(n)]
	if *slot != name {
		*slot = strings.Clone(name)
	}
	return *slot
}
