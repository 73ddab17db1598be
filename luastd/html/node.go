package html

import (
	"fmt"
	"strings"

	lua "github.com/yuin/gopher-lua"
	"golang.org/x/net/html"

	"moonlark/luastd"
	"moonlark/luastd/value"
)

func equal(L *lua.LState) int {
	a, ok1 := L.CheckUserData(1).Value.(node)
	b, ok2 := L.CheckUserData(2).Value.(node)
	L.Push(lua.LBool(ok1 && ok2 && a.Node == b.Node))
	return 1
}

func describe(L *lua.LState) int {
	n := checkNode(L)
	if n.Type == html.DocumentNode {
		L.Push(lua.LString("html document"))
	} else {
		L.Push(lua.LString("html element " + value.Quote(n.Data)))
	}
	return 1
}

func name(L *lua.LState) int {
	L.Push(lua.LString(checkNode(L).Data))
	return 1
}

// attributeOf returns the value of an attribute of n.
func attributeOf(n *html.Node, key string) (val string, ok bool) {
	for _, a := range n.Attr {
		if a.Key == key {
			return a.Val, true
		}
	}
	return "", false
}

func attribute(L *lua.LState) int {
	n := checkNode(L)
	if val, ok := attributeOf(n.Node, strings.ToLower(L.CheckString(2))); ok {
		L.Push(lua.LString(val))
	} else {
		L.Push(lua.LNil)
	}
	return 1
}

func (m *module) parent(L *lua.LState) int {
	n := checkNode(L)
	if n.Parent == nil {
		L.Push(lua.LNil)
	} else {
		m.push(L, node{n.Parent, n.doc})
	}
	return 1
}

func (m *module) children(L *lua.LState) int {
	n := checkNode(L)
	p := luastd.NewProgress(m, L)
	list := L.CreateTable(0, 0)
	for c := range n.ChildNodes() {
		if p.Add(100); c.Type == html.ElementNode {
			list.Append(m.userdata(L, node{c, n.doc}))
		}
	}
	L.Push(list)
	return 1
}

func (m *module) nodeText(L *lua.LState) int {
	n := checkNode(L)
	L.Push(lua.LString(textOf(n.Node, maxText, luastd.NewProgress(m, L))))
	return 1
}

func (m *module) pageText(L *lua.LState) int {
	n, failed := m.page(L)
	if failed > 0 {
		return failed
	}
	L.Push(lua.LString(textOf(n.Node, maxText, luastd.NewProgress(m, L))))
	return 1
}

// A renderer is a writer for html.Render.
type renderer struct {
	strings.Builder
	progress *luastd.Progress
}

func (r *renderer) Write(p []byte) (int, error) {
	r.progress.Add(len(p))
	return r.Builder.Write(p)
}

func (m *module) nodeHTML(L *lua.LState) int {
	n := checkNode(L)
	inner := value.CheckOptions(L, 2, "inner").Bool("inner", false)
	r := &renderer{progress: luastd.NewProgress(m, L)}
	nodes := []*html.Node{n.Node}
	if inner {
		nodes = nil
		for c := range n.ChildNodes() {
			nodes = append(nodes, c)
		}
	}
	for _, n := range nodes {
		if err := html.Render(r, n); err != nil {
			L.RaiseError("%s", err.Error())
		}
	}
	L.Push(lua.LString(r.String()))
	return 1
}

// maxEntity is the maximal length of a reference such as &amp; in bytes, rounded up.
const maxEntity = 64

func (m *module) escape(L *lua.LState) int {
	s := checkText(L)
	var b strings.Builder
	p := luastd.NewProgress(m, L)
	for len(s) > 0 {
		n := min(len(s), 16<<10)
		b.WriteString(html.EscapeString(s[:n]))
		p.Add(n)
		s = s[n:]
	}
	L.Push(lua.LString(b.String()))
	return 1
}

func (m *module) unescape(L *lua.LState) int {
	s := checkText(L)
	var b strings.Builder
	p := luastd.NewProgress(m, L)
	for len(s) > 0 {
		n := min(len(s), 16<<10)
		if n < len(s) { // do not cut a reference
			if i := strings.LastIndexByte(s[n-maxEntity:n], '&'); i >= 0 {
				n += i - maxEntity
			}
		}
		b.WriteString(html.UnescapeString(s[:n]))
		p.Add(n)
		s = s[n:]
	}
	L.Push(lua.LString(b.String()))
	return 1
}

// checkText returns argument 1, a string of at most maxPage bytes.
func checkText(L *lua.LState) string {
	s := L.CheckString(1)
	if len(s) > maxPage {
		L.ArgError(1, fmt.Sprintf("the text has %d bytes; the maximum is %d", len(s), maxPage))
	}
	return s
}
