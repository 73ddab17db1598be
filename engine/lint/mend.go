package lint

import (
	"fmt"

	"github.com/yuin/gopher-lua/ast"
)

// A mender rewrites what gopher-lua compiles wrongly, everywhere in a chunk:
//
//	a, b = b, a          it sets a before it reads a: both come out as b
//	t, t.x = nil, 1      it sets x in the new t
//	for k, v in next, t  it leaves the third value of the three as it finds it
//	local f = function() return f() end
//	                     it takes the inner f for the local one, as if this were a local function
//	a .. b .. c ...      it joins any number of strings in one instruction, which nothing can bound
type mender struct {
	recursive map[localFunction]bool // the local functions that were written as such
}

func (m *mender) mend(block []ast.Stmt) {
	for i, s := range block {
		switch s := s.(type) {
		case *ast.LocalAssignStmt:
			m.hide(s)
		case *ast.AssignStmt:
			m.mendIn(s)
			if overwrites(s) {
				block[i] = inTwoSteps(s)
			}
			continue
		case *ast.GenericForStmt:
			fillIterator(s)
		}
		m.mendIn(s)
	}
}

// mendIn mends what is inside of n.
func (m *mender) mendIn(n node) {
	switch n := n.(type) {
	case *ast.FunctionExpr:
		m.mend(n.Stmts)
	case *ast.DoBlockStmt:
		m.mend(n.Stmts)
	case *ast.WhileStmt:
		m.mendIn(n.Condition)
		m.mend(n.Stmts)
	case *ast.RepeatStmt:
		m.mendIn(n.Condition)
		m.mend(n.Stmts)
	case *ast.IfStmt:
		m.mendIn(n.Condition)
		m.mend(n.Then)
		m.mend(n.Else)
	case *ast.NumberForStmt:
		for _, e := range []ast.Expr{n.Init, n.Limit, n.Step} {
			if e != nil {
				m.mendIn(e)
			}
		}
		m.mend(n.Stmts)
	case *ast.GenericForStmt:
		for _, e := range n.Exprs {
			m.mendIn(e)
		}
		m.mend(n.Stmts)
	case *ast.StringConcatOpExpr:
		divide(n)
		children(n, m.mendIn)
	default:
		children(n, m.mendIn)
	}
}

// overwrites says whether s may set a variable before it has read everything
// that it reads.
func overwrites(s *ast.AssignStmt) bool {
	if len(s.Lhs) < 2 {
		return false
	}
	variable, member := false, false
	for i, target := range s.Lhs {
		if _, ok := target.(*ast.AttrGetExpr); ok {
			member = true
			continue
		}
		variable = true
		for _, later := range s.Rhs[min(i+1, len(s.Rhs)):] {
			if _, ok := later.(ast.ConstExpr); !ok {
				return true
			}
		}
	}
	return variable && member
}

// inTwoSteps is s with all its values in locals before the first is assigned.
// From right to left, as Lua 5.1 assigns them.
func inTwoSteps(s *ast.AssignStmt) ast.Stmt {
	places, values := &ast.LocalAssignStmt{}, &ast.LocalAssignStmt{Exprs: s.Rhs}
	var targets []ast.Expr
	at := func(n node) { n.SetLine(s.Line()); n.SetLastLine(s.LastLine()) }
	hold := func(e ast.Expr) ast.Expr {
		if _, ok := e.(ast.ConstExpr); ok {
			return e
		}
		held := &ast.IdentExpr{Value: fmt.Sprintf("(place %d)", len(places.Names)+1)}
		at(held)
		places.Names, places.Exprs = append(places.Names, held.Value), append(places.Exprs, e)
		return held
	}
	for i, target := range s.Lhs {
		if member, ok := target.(*ast.AttrGetExpr); ok {
			held := &ast.AttrGetExpr{Object: hold(member.Object), Key: hold(member.Key)}
			at(held)
			target = held
		}
		targets = append(targets, target)
		values.Names = append(values.Names, fmt.Sprintf("(value %d)", i+1))
	}
	block := &ast.DoBlockStmt{}
	if len(places.Names) > 0 {
		block.Stmts = append(block.Stmts, places)
	}
	block.Stmts = append(block.Stmts, values)
	for i := len(targets) - 1; i >= 0; i-- {
		value := &ast.IdentExpr{Value: values.Names[i]}
		at(value)
		block.Stmts = append(block.Stmts, &ast.AssignStmt{Lhs: targets[i : i+1], Rhs: []ast.Expr{value}})
	}
	for _, n := range block.Stmts {
		at(n)
	}
	at(block)
	return block
}

// A localFunction is a local variable that is a function.
type localFunction struct {
	line int
	name string
}

// hide makes the local of local f = function() ... end begin behind it.
func (m *mender) hide(s *ast.LocalAssignStmt) {
	if len(s.Names) != 1 || len(s.Exprs) != 1 || m.recursive[localFunction{s.Line(), s.Names[0]}] {
		return
	}
	if _, ok := s.Exprs[0].(*ast.FunctionExpr); !ok {
		return
	}
	none := &ast.NilExpr{} // a second value, for which there is no variable: then gopher-lua does not take it for a local function
	none.SetLine(s.Line())
	none.SetLastLine(s.Line())
	s.Exprs = append(s.Exprs, none)
}

// localFunctions are those that a source has written as local function f.
func localFunctions(source []byte) map[localFunction]bool {
	found := make(map[localFunction]bool)
	s := &scanner{rest: source, line: 1}
	line := 0 // of the word local, when that was the word before
	for token := s.next(); token != ""; token = s.next() {
		at := line
		line = 0
		switch {
		case token == "local":
			line = s.line
		case token == "function" && at > 0:
			found[localFunction{at, s.next()}] = true
		}
	}
	return found
}

// fillIterator writes out the nils of a for loop that names fewer than three
// values.
func fillIterator(s *ast.GenericForStmt) {
	switch s.Exprs[len(s.Exprs)-1].(type) {
	case *ast.FuncCallExpr, *ast.Comma3Expr:
		return // they may be more values
	}
	for len(s.Exprs) < 3 {
		none := &ast.NilExpr{}
		none.SetLine(s.Line())
		none.SetLastLine(s.Line())
		s.Exprs = append(s.Exprs, none)
	}
}

// mostJoined is how many strings one instruction joins.
const mostJoined = 8

// divide makes e, which joins many strings, join only so many at once: the last
// ones first, as Lua does. Behind each member of a table that is made for it
// begins another instruction.
func divide(e *ast.StringConcatOpExpr) {
	for n := 2; ; n++ {
		rest, ok := e.Rhs.(*ast.StringConcatOpExpr)
		if !ok {
			return
		}
		if n == mostJoined {
			made := &ast.TableExpr{Fields: []*ast.Field{{Value: rest}}}
			first := &ast.NumberExpr{Value: "1"}
			member := &ast.AttrGetExpr{Object: made, Key: first}
			for _, n := range []node{made, first, member} {
				n.SetLine(rest.Line())
				n.SetLastLine(rest.LastLine())
			}
			e.Rhs, n = member, 1
		}
		e = rest
	}
}
