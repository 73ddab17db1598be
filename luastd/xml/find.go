package xml

import (
	"fmt"
	"strings"

	lua "github.com/yuin/gopher-lua"
)

func (m *module) find(L *lua.LState) int {
	s := m.checkSearch(L)
	s.visit = func(node *lua.LTable) bool {
		L.Push(node)
		return false
	}
	if s.run(L.CheckTable(1), s.path) {
		L.Push(lua.LNil)
	}
	return 1
}

func (m *module) all(L *lua.LState) int {
	s := m.checkSearch(L)
	list := L.CreateTable(0, 0)
	count := 0
	s.visit = func(node *lua.LTable) bool {
		if count++; count > maxNodes {
			L.RaiseError("all: more than %d nodes match the path", maxNodes)
		}
		list.RawSetInt(count, node)
		return true
	}
	s.run(L.CheckTable(1), s.path)
	L.Push(list)
	return 1
}

// A search looks for the nodes at a path.
type search struct {
	*module
	L       *lua.LState
	path    []string
	visit   func(node *lua.LTable) (more bool) // called for each node that is found; false ends the search
	visited int                                // number of nodes compared so far
}

// checkSearch returns a search with the path that is argument 2. It raises an error if the
// arguments are wrong.
func (m *module) checkSearch(L *lua.LState) *search {
	if _, ok := L.Get(1).(*lua.LTable); !ok {
		L.ArgError(1, "a node expected: use a colon, as in node:find(path)")
	}
	path := strings.Split(L.CheckString(2), "/")
	if len(path) > maxDepth {
		L.ArgError(2, fmt.Sprintf("the path has %d tags; the maximum is %d", len(path), maxDepth))
	}
	for _, tag := range path {
		if tag == "" {
			L.ArgError(2, "the path has an empty tag: it has the form a/b/c")
		}
	}
	return &search{module: m, L: L, path: path}
}

// run visits the nodes at this path below node. It returns false if visit has ended the search.
func (s *search) run(node *lua.LTable, path []string) (more bool) {
	children, ok := node.RawGetString("children").(*lua.LTable)
	if !ok {
		return true
	}
	for i := 1; i <= children.Len(); i++ {
		if s.visited++; s.visited%nodesPerCheckpoint == 0 {
			s.Checkpoint(s.L)
		}
		child, ok := children.RawGetInt(i).(*lua.LTable)
		if !ok || path[0] != "*" && child.RawGetString("tag") != lua.LString(path[0]) {
			continue
		}
		if len(path) == 1 {
			more = s.visit(child)
		} else {
			more = s.run(child, path[1:])
		}
		if !more {
			return false
		}
	}
	return true
}
