package yaml

import (
	lua "github.com/yuin/gopher-lua"
	"go.yaml.in/yaml/v3"

	"moonlark/luastd/value"
)

func (m module) decode(L *lua.LState) int {
	documents, err := m.documents(L)
	switch {
	case err != nil:
		return pushFailure(L, err)
	case len(documents) > 1:
		return value.PushFailure(L, "invalid", "the text has %d documents: use yaml.decode_all", len(documents))
	case len(documents) == 0:
		L.Push(value.Null(L))
	default:
		L.Push(documents[0])
	}
	return 1
}

func (m module) decodeAll(L *lua.LState) int {
	documents, err := m.documents(L)
	if err != nil {
		return pushFailure(L, err)
	}
	list := L.CreateTable(len(documents), 0)
	for i, v := range documents {
		list.RawSetInt(i+1, v)
	}
	L.Push(list)
	return 1
}

// documents returns the values of the documents in the text that is argument 1.
func (m module) documents(L *lua.LState) ([]lua.LValue, error) {
	nodes, err := m.parse(L, L.CheckString(1))
	if err != nil {
		return nil, err
	}
	d := decoder{module: m, L: L, open: make(map[*yaml.Node]bool)}
	values := make([]lua.LValue, len(nodes))
	for i, node := range nodes {
		if values[i], err = d.value(node.Content[0], 0); err != nil {
			return nil, err
		}
	}
	return values, nil
}

func pushFailure(L *lua.LState, err error) int {
	f := err.(*failure)
	return value.PushFailure(L, f.code, "%s", f.why)
}

// A decoder makes the Lua values of one text.
type decoder struct {
	module
	L      *lua.LState
	values int                 // number of values so far
	open   map[*yaml.Node]bool // the nodes that aliases around the current node stand for
}

// value returns the value of a node. depth is how many lists and mappings contain the node.
func (d *decoder) value(n *yaml.Node, depth int) (lua.LValue, error) {
	if d.values++; d.values > maxValues {
		return nil, tooLarge("more than %d values, with those that aliases repeat", maxValues)
	}
	if d.values%valuesPerCheckpoint == 0 {
		d.Checkpoint(d.L)
	}
	switch n.Kind {
	case yaml.ScalarNode:
		return d.scalar(n), nil
	case yaml.AliasNode:
		return d.alias(n, depth)
	}
	if depth == maxDepth {
		return nil, tooLarge("line %d: more than %d nested lists and mappings", n.Line, maxDepth)
	}
	if n.Kind == yaml.SequenceNode {
		return d.list(n, depth+1)
	}
	return d.mapping(n, depth+1)
}

func (d *decoder) alias(n *yaml.Node, depth int) (lua.LValue, error) {
	if d.open[n.Alias] {
		return nil, invalid(n, "the anchor %s contains itself", value.Quote(n.Value))
	}
	d.open[n.Alias] = true
	defer delete(d.open, n.Alias)
	return d.value(n.Alias, depth)
}

func (d *decoder) list(n *yaml.Node, depth int) (lua.LValue, error) {
	t := d.L.CreateTable(len(n.Content), 0)
	t.Metatable = value.ArrayMetatable(d.L)
	for i, element := range n.Content {
		v, err := d.value(element, depth)
		if err != nil {
			return nil, err
		}
		t.RawSetInt(i+1, v)
	}
	return t, nil
}

// mapping returns a mapping as a table. The members that << adds come last, and do not replace
// others.
func (d *decoder) mapping(n *yaml.Node, depth int) (lua.LValue, error) {
	t := d.L.CreateTable(0, len(n.Content)/2)
	var merged []*yaml.Node
	for i := 0; i < len(n.Content); i += 2 {
		if key := n.Content[i]; key.Value == "<<" && isPlain(key) {
			merged = append(merged, n.Content[i+1])
			continue
		}
		key, err := keyOf(n.Content[i])
		if err != nil {
			return nil, err
		}
		if t.RawGetString(key) != lua.LNil {
			return nil, invalid(n.Content[i], "the key %s occurs twice", value.Quote(key))
		}
		v, err := d.value(n.Content[i+1], depth)
		if err != nil {
			return nil, err
		}
		t.RawSetString(key, v)
	}
	for _, node := range merged {
		if err := d.merge(t, node, depth); err != nil {
			return nil, err
		}
	}
	return t, nil
}

// keyOf returns the key that n stands for.
func keyOf(n *yaml.Node) (string, error) {
	if n.Kind == yaml.AliasNode {
		n = n.Alias
	}
	if n.Kind != yaml.ScalarNode {
		return "", invalid(n, "a key must be a string, not a list or a mapping")
	}
	return n.Value, nil
}

// merge adds the members of n, a mapping or a list of mappings, that t does not have.
func (d *decoder) merge(t *lua.LTable, n *yaml.Node, depth int) error {
	v, err := d.value(n, depth)
	if err != nil {
		return err
	}
	from, ok := v.(*lua.LTable)
	if !ok {
		return invalid(n, "<< needs a mapping or a list of mappings")
	}
	if !value.IsArray(from) {
		addMissing(t, from)
		return nil
	}
	for i := 1; i <= from.Len(); i++ {
		element, ok := from.RawGetInt(i).(*lua.LTable)
		if !ok || value.IsArray(element) {
			return invalid(n, "<< needs a mapping or a list of mappings")
		}
		addMissing(t, element)
	}
	return nil
}

// addMissing adds the members of from that t does not have to t.
func addMissing(t, from *lua.LTable) {
	for key, v := from.Next(lua.LNil); key != lua.LNil; key, v = from.Next(key) {
		if t.RawGet(key) == lua.LNil {
			t.RawSet(key, v)
		}
	}
}
