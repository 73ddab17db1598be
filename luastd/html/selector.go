package html

import (
	"errors"
	"fmt"
	"math"
	"strings"

	"github.com/andybalholm/cascadia"
	lua "github.com/yuin/gopher-lua"
	"golang.org/x/net/html"

	"moonlark/luastd"
	"moonlark/luastd/value"
)

// A selector is a list of chains, which commas separate. An element matches the selector if it
// matches a chain.
//
// Package cascadia matches the compounds of a chain, but not the chain: for "a b c d", it visits
// all combinations of the ancestors of an element. A matcher visits each element once.
type selector []chain

// A chain is a list of compounds such as "div.a:first-child". An element matches the chain if it
// matches the last compound, and the element that the combinator leads to matches the rest.
type chain []compound

type compound struct {
	combinator byte // what is before the compound: ' ', '>', '+' or '~'; 0 for the first compound
	cascadia.Sel
	cost int // of matching one element, in visits of other elements
}

// maxCost is the maximal cost of matching one element, in visits of other elements.
const maxCost = 1 << 27

// compile returns the selector in css for a document.
func compile(css string, d *document) (selector, error) {
	if len(css) > maxSelector {
		return nil, fmt.Errorf("the selector has %d bytes; the maximum is %d", len(css), maxSelector)
	}
	parts, err := splitSelector(css)
	if err != nil {
		return nil, err
	}
	s := selector{chain{}}
	combinator := byte(0)
	for _, part := range parts {
		last := len(s) - 1
		switch {
		case part == ",":
			if len(s[last]) == 0 || combinator != 0 {
				return nil, errors.New("a selector is missing before the comma")
			}
			s = append(s, chain{})
		case strings.Trim(part, " >+~") == "":
			if len(s[last]) == 0 || combinator != 0 {
				return nil, fmt.Errorf("an element is missing before %s", value.Quote(part))
			}
			combinator = part[0]
		default:
			sel, err := cascadia.Parse(part)
			if err != nil {
				return nil, err
			}
			visits := cost(part, d)
			if visits > maxCost {
				return nil, fmt.Errorf("%s takes too long in a document of %d elements and texts", value.Quote(part), d.nodes)
			}
			s[last] = append(s[last], compound{combinator, sel, int(visits)})
			combinator = 0
		}
	}
	if len(s[len(s)-1]) == 0 || combinator != 0 {
		return nil, errors.New("the selector is incomplete")
	}
	return s, nil
}

// splitSelector splits css into compounds, combinators and commas. White space around them is
// removed; white space that is a combinator becomes " ".
func splitSelector(css string) (parts []string, err error) {
	start, depth, quote := 0, 0, byte(0) // depth: number of open brackets
	end := func(i int) {
		if i > start {
			parts = append(parts, css[start:i])
		}
	}
	for i := 0; i < len(css); i++ {
		c := css[i]
		switch {
		case c == '\\':
			i++
		case quote != 0:
			if c == quote {
				quote = 0
			}
		case c == '"' || c == '\'':
			quote = c
		case c == '(' || c == '[':
			depth++
		case c == ')' || c == ']':
			depth--
		case depth == 0 && strings.IndexByte(" \t\r\n\f>+~,", c) >= 0:
			end(i)
			sign := " "
			for ; i < len(css) && strings.IndexByte(" \t\r\n\f>+~,", css[i]) >= 0; i++ {
				if strings.IndexByte(">+~,", css[i]) >= 0 {
					if sign != " " {
						return nil, fmt.Errorf("an element is missing before %q", css[i:i+1])
					}
					sign = css[i : i+1]
				}
			}
			if sign != " " || len(parts) > 0 && i < len(css) {
				parts = append(parts, sign)
			}
			start = i
			i--
		}
	}
	if quote != 0 || depth != 0 {
		return nil, errors.New("a quote or a bracket is not closed")
	}
	end(len(css))
	return parts, nil
}

// cost returns the maximal number of elements that cascadia visits to match one element of d with a
// compound. What is in parentheses is matched for each of the elements that the rest visits. Text
// in quotes may make the result too high.
func cost(compound string, d *document) float64 {
	compound = strings.ToLower(compound)
	outside, inside := compound, ""
	if i, j := strings.IndexByte(compound, '('), strings.LastIndexByte(compound, ')'); i >= 0 && i < j {
		outside, inside = compound[:i]+compound[j+1:], compound[i:j]
	}
	count := func(names ...string) (n float64) {
		for _, name := range names {
			n += float64(strings.Count(outside, name))
		}
		return n
	}
	visits := 1 + float64(d.nodes)*count(":has", ":contains", ":matches") + float64(d.siblings)*count(":nth", ":only")
	outside = inside
	return visits * math.Pow(float64(d.nodes), count(":has", ":contains", ":matches")) *
		math.Pow(float64(d.siblings), count(":nth", ":only", "~")) *
		math.Pow(float64(d.depth), max(0, float64(len(strings.Fields(inside))-1))) // white space can be a combinator
}

// A matcher finds the elements that match a selector.
type matcher struct {
	*luastd.Progress
	selector selector
	cost     int // of matching one element with all compounds, as a number of bytes for Progress
	found    []*html.Node
	max      int // maximal number of elements to find
}

// A state has, for each compound of each chain, whether an element matches the chain up to that
// compound.
type state [][]bool

func (s selector) newState() state {
	st := make(state, len(s))
	for i := range s {
		st[i] = make([]bool, len(s[i]))
	}
	return st
}

// merge sets what is set in other.
func (st state) merge(other state) {
	for i := range st {
		for j := range st[i] {
			st[i][j] = st[i][j] || other[i][j]
		}
	}
}

// visit finds the elements in n. own is the state of n, and above that of all elements that contain
// n, and n.
func (m *matcher) visit(n *html.Node, own, above state) {
	before := m.selector.newState()   // the elements before, in n
	adjacent := m.selector.newState() // the element before
	for c := range n.ChildNodes() {
		if len(m.found) >= m.max {
			return
		}
		if c.Type != html.ElementNode {
			m.Add(10)
			continue
		}
		st := m.match(c, own, above, before, adjacent)
		for _, chain := range st {
			if chain[len(chain)-1] {
				m.found = append(m.found, c)
				break
			}
		}
		if c.FirstChild != nil {
			all := m.selector.newState()
			all.merge(above)
			all.merge(st)
			m.visit(c, st, all)
		}
		before.merge(st)
		adjacent = st
	}
}

// match returns the state of an element, from the states of the elements that combinators lead to.
func (m *matcher) match(n *html.Node, parent, above, before, adjacent state) state {
	m.Add(m.cost)
	st := m.selector.newState()
	for i, chain := range m.selector {
		for j, c := range chain {
			ok := true
			switch c.combinator {
			case ' ':
				ok = above[i][j-1]
			case '>':
				ok = parent[i][j-1]
			case '+':
				ok = adjacent[i][j-1]
			case '~':
				ok = before[i][j-1]
			}
			st[i][j] = ok && c.Match(n)
		}
	}
	return st
}

// find returns at most maximum elements in the node that is argument 1, which match the selector in
// argument 2.
func (m *module) find(L *lua.LState, maximum int) (doc *document, found []*html.Node) {
	n := checkNode(L)
	css := L.CheckString(2)
	s, err := compile(css, n.doc)
	if err != nil {
		L.ArgError(2, value.Quote(css)+" is not a CSS selector that html has: "+err.Error())
	}
	matcher := &matcher{Progress: luastd.NewProgress(m, L), selector: s, max: maximum}
	for _, chain := range s {
		for _, c := range chain {
			matcher.cost += 50 + c.cost
		}
	}
	none := s.newState()
	own := none
	if n.Type == html.ElementNode {
		own = matcher.match(n.Node, none, none, none, none)
	}
	matcher.visit(n.Node, own, own)
	return n.doc, matcher.found
}

func (m *module) selectAll(L *lua.LState) int {
	doc, found := m.find(L, maxNodes)
	list := L.CreateTable(len(found), 0)
	for _, n := range found {
		list.Append(m.userdata(L, node{n, doc}))
	}
	L.Push(list)
	return 1
}

func (m *module) selectFirst(L *lua.LState) int {
	doc, found := m.find(L, 1)
	if len(found) == 0 {
		L.Push(lua.LNil)
	} else {
		m.push(L, node{found[0], doc})
	}
	return 1
}
