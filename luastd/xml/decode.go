package xml

import (
	"errors"
	"io"
	"strings"

	lua "github.com/yuin/gopher-lua"

	"moonlark/luastd/value"
	"moonlark/luastd/xmlreader"
)

func (m *module) decode(L *lua.LState) int {
	root, err := m.read(L, L.CheckString(1))
	var wrong *xmlreader.Error
	if errors.As(err, &wrong) {
		return value.PushFailure(L, wrong.Code, "%s", wrong.Why)
	}
	L.Push(root)
	return 1
}

// An element is an element whose end tag has not been read yet.
type element struct {
	node, children *lua.LTable
	text           []string
}

// read returns the root node of text.
func (m *module) read(L *lua.LState, text string) (*lua.LTable, error) {
	reader, err := xmlreader.New(text, xmlreader.Options{MaxNodes: maxNodes, Checkpoint: func() { m.Checkpoint(L) }})
	if err != nil {
		return nil, err
	}
	open := []element{{children: L.CreateTable(1, 0)}} // the first one contains the root
	for {
		token, err := reader.Next()
		if err == io.EOF {
			return open[0].children.RawGetInt(1).(*lua.LTable), nil
		}
		if err != nil {
			return nil, err
		}
		inner := &open[len(open)-1]
		switch token.Kind {
		case xmlreader.Start:
			e := m.element(L, &token)
			inner.children.Append(e.node)
			open = append(open, e)
		case xmlreader.Text:
			inner.text = append(inner.text, token.Text)
		case xmlreader.End:
			text := strings.TrimSpace(strings.Join(inner.text, ""))
			inner.node.RawSetString("text", lua.LString(text))
			open = open[:len(open)-1]
		}
	}
}

// element returns the element with this start tag.
func (m *module) element(L *lua.LState, tag *xmlreader.Token) element {
	attrs := L.CreateTable(0, len(tag.Attrs))
	for _, attribute := range tag.Attrs {
		attrs.RawSetString(attribute.Name, lua.LString(attribute.Value))
	}
	e := element{node: L.CreateTable(0, 4), children: L.CreateTable(0, 0)}
	e.node.Metatable = m.meta
	e.children.Metatable = value.ArrayMetatable(L)
	e.node.RawSetString("tag", lua.LString(tag.Name))
	e.node.RawSetString("attrs", attrs)
	e.node.RawSetString("text", lua.LString(""))
	e.node.RawSetString("children", e.children)
	return e
}
