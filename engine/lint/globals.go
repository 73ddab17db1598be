package lint

import (
	"fmt"
	"slices"

	"github.com/yuin/gopher-lua/ast"

	"moonlark/engine/guess"
)

// A Warning is something that is probably not meant.
type Warning struct {
	Line int
	Text string // with the file and line before it
}

// Globals warns of each global that a chunk reads and that nothing sets: it is
// not among known, and the chunk does not assign to it. It says nothing when
// the chunk can set globals in ways that only show when it runs, such as
// setfenv, loadstring or _G[name] = value.
func Globals(chunk []ast.Stmt, file string, known []string) []Warning {
	r := resolve(chunk)
	if r.dynamic {
		return nil
	}
	var warnings []Warning
	for _, read := range r.reads {
		if r.assigned[read.name] || slices.Contains(known, read.name) {
			continue
		}
		hint := ""
		if len(read.name) > 2 { // any two letters are near to any other
			hint = guess.DidYouMean(read.name, slices.Concat(read.locals, sorted(r.assigned), known))
		}
		warnings = append(warnings, Warning{read.line, fmt.Sprintf("%s:%d: nothing sets '%s'%s", file, read.line, read.name, hint)})
	}
	slices.SortStableFunc(warnings, func(a, b Warning) int { return a.Line - b.Line })
	return warnings
}

// Assigned are the globals that a chunk assigns to, sorted: known ones for
// another that requires it.
func Assigned(chunk []ast.Stmt) []string { return sorted(resolve(chunk).assigned) }

func sorted(set map[string]bool) []string {
	var names []string
	for name := range set {
		names = append(names, name)
	}
	slices.Sort(names)
	return names
}

// A resolver tells the locals of a chunk from its globals.
type resolver struct {
	locals   []string // in scope, the innermost last
	assigned map[string]bool
	reads    []read
	listed   map[string]bool // whether a global is among reads
	dynamic  bool            // globals may be set that it does not see
}

// A read is a global where it is first read.
type read struct {
	name   string
	line   int
	locals []string // in scope there
}

func resolve(chunk []ast.Stmt) *resolver {
	r := &resolver{assigned: make(map[string]bool), listed: make(map[string]bool)}
	r.block(chunk)
	return r
}

// block visits statements in a scope of their own.
func (r *resolver) block(block []ast.Stmt) {
	outer := len(r.locals)
	for _, s := range block {
		r.visit(s)
	}
	r.locals = r.locals[:outer]
}

func (r *resolver) declare(names ...string) { r.locals = append(r.locals, names...) }

// function visits a function, with names beside its parameters in scope.
func (r *resolver) function(f *ast.FunctionExpr, names ...string) {
	outer := len(r.locals)
	r.declare(names...)
	r.declare(f.ParList.Names...)
	if f.ParList.HasVargs {
		r.declare("arg")
	}
	r.block(f.Stmts)
	r.locals = r.locals[:outer]
}

// visit notes what n does to globals, and what is in scope after it.
func (r *resolver) visit(n node) {
	switch n := n.(type) {
	case *ast.IdentExpr:
		r.read(n)
	case *ast.AttrGetExpr:
		if !r.isG(n.Object) {
			r.visit(n.Object)
		}
		r.visit(n.Key)
	case *ast.FuncCallExpr:
		r.call(n)
	case *ast.FunctionExpr:
		r.function(n)
	case *ast.AssignStmt:
		for _, e := range n.Rhs {
			r.visit(e)
		}
		for _, e := range n.Lhs {
			r.assign(e)
		}
	case *ast.LocalAssignStmt:
		r.local(n)
	case *ast.FuncDefStmt:
		if n.Name.Func != nil {
			r.assign(n.Name.Func)
			r.visit(n.Func)
		} else {
			r.visit(n.Name.Receiver)
			r.function(n.Func, "self")
		}
	case *ast.DoBlockStmt:
		r.block(n.Stmts)
	case *ast.WhileStmt:
		r.visit(n.Condition)
		r.block(n.Stmts)
	case *ast.RepeatStmt: // its condition sees the locals of the block
		outer := len(r.locals)
		for _, s := range n.Stmts {
			r.visit(s)
		}
		r.visit(n.Condition)
		r.locals = r.locals[:outer]
	case *ast.IfStmt:
		r.visit(n.Condition)
		r.block(n.Then)
		r.block(n.Else)
	case *ast.NumberForStmt:
		r.loop([]ast.Expr{n.Init, n.Limit, n.Step}, []string{n.Name}, n.Stmts)
	case *ast.GenericForStmt:
		r.loop(n.Exprs, n.Names, n.Stmts)
	default:
		children(n, r.visit)
	}
}

func (r *resolver) loop(exprs []ast.Expr, names []string, body []ast.Stmt) {
	for _, e := range exprs {
		if e != nil {
			r.visit(e)
		}
	}
	outer := len(r.locals)
	r.declare(names...)
	r.block(body)
	r.locals = r.locals[:outer]
}

func (r *resolver) local(s *ast.LocalAssignStmt) {
	if len(s.Names) == 1 && len(s.Exprs) == 1 {
		if f, ok := s.Exprs[0].(*ast.FunctionExpr); ok { // known inside of itself
			r.declare(s.Names...)
			r.visit(f)
			return
		}
	}
	for _, e := range s.Exprs {
		r.visit(e)
	}
	r.declare(s.Names...)
}

// dynamicFunctions set globals, or let others set them, by names that only
// show when they run.
var dynamicFunctions = []string{"_G", "getfenv", "load", "loadstring", "setfenv"}

func (r *resolver) read(e *ast.IdentExpr) {
	name, ok := r.global(e)
	switch {
	case !ok:
	case slices.Contains(dynamicFunctions, name):
		r.dynamic = true
	case !r.listed[name]:
		r.listed[name] = true
		r.reads = append(r.reads, read{name, e.Line(), slices.Clone(r.locals)})
	}
}

func (r *resolver) assign(e ast.Expr) {
	if name, ok := r.global(e); ok {
		r.assigned[name] = true
		return
	}
	if member, ok := e.(*ast.AttrGetExpr); ok && r.isG(member.Object) {
		r.assignMember(member.Key)
		return
	}
	r.visit(e)
}

// assignMember notes that _G[key] is set.
func (r *resolver) assignMember(key ast.Expr) {
	if name, ok := key.(*ast.StringExpr); ok {
		r.assigned[name.Value] = true
		return
	}
	r.dynamic = true
}

// call visits a call. Some library functions only look at _G.
func (r *resolver) call(n *ast.FuncCallExpr) {
	args := n.Args
	if name, ok := r.global(n.Func); ok && len(args) > 0 && r.isG(args[0]) {
		switch name {
		case "rawset":
			if len(args) > 1 {
				r.assignMember(args[1])
			}
			args = args[1:]
		case "ipairs", "next", "pairs", "rawget", "tostring", "type":
			args = args[1:]
		}
	}
	for _, e := range []ast.Expr{n.Func, n.Receiver} {
		if e != nil {
			r.visit(e)
		}
	}
	for _, e := range args {
		r.visit(e)
	}
}

// global is the name of e if it is a global variable.
func (r *resolver) global(e ast.Expr) (string, bool) {
	name, ok := e.(*ast.IdentExpr)
	if !ok || slices.Contains(r.locals, name.Value) {
		return "", false
	}
	return name.Value, true
}

// isG says whether e is the table of globals.
func (r *resolver) isG(e ast.Expr) bool {
	name, ok := r.global(e)
	return ok && name == "_G"
}
