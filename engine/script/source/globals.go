package source

import (
	"fmt"
	"slices"

	"github.com/yuin/gopher-lua/ast"

	"moonlark/engine/guess"
)

// A Warning describes a probable mistake in a source.
type Warning struct {
	Line int
	Text string // begins with the file and line
}

// Globals returns a warning for each global variable that a chunk reads, but that the chunk does
// not assign and that is not in known. file is the path of the chunk. Globals returns nil if the
// chunk may assign globals whose names are known only at run time, for example with setfenv,
// loadstring or _G[name] = value. hints has explanations for some names, which the warnings about them
// show.
func Globals(chunk []ast.Stmt, file string, known []string, hints map[string]string) []Warning {
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
		switch {
		case hints[read.name] != "":
			hint = " (" + hints[read.name] + ")"
		case len(read.name) > 2: // names of one or two letters are similar to too many other names
			hint = guess.DidYouMean(read.name, slices.Concat(read.locals, sorted(r.assigned), known))
		}
		warnings = append(warnings, Warning{read.line, fmt.Sprintf("%s:%d: nothing sets '%s'%s", file, read.line, read.name, hint)})
	}
	slices.SortStableFunc(warnings, func(a, b Warning) int { return a.Line - b.Line })
	return warnings
}

// HiddenModules returns a warning for each global in modules to which the chunk assigns a value of its
// own, at the first assignment. modules are the names of the modules that scripts can use. The script
// then has only its own value under that name. There is no warning for an assignment such as
// url = require "url" or url = url or {}. file is the path of the chunk.
func HiddenModules(chunk []ast.Stmt, file string, modules []string) []Warning {
	r := resolve(chunk)
	var warnings []Warning
	for _, name := range modules {
		if line, ok := r.replaced[name]; ok {
			warnings = append(warnings, Warning{line, fmt.Sprintf("%s:%d: the global '%s' of the script hides the module '%s': use a local or another name", file, line, name, name)})
		}
	}
	slices.SortStableFunc(warnings, func(a, b Warning) int { return a.Line - b.Line })
	return warnings
}

// Assigned returns the names of the globals that a chunk assigns, sorted. A script that requires
// the chunk as a module may read these globals.
func Assigned(chunk []ast.Stmt) []string { return sorted(resolve(chunk).assigned) }

func sorted(set map[string]bool) []string {
	var names []string
	for name := range set {
		names = append(names, name)
	}
	slices.Sort(names)
	return names
}

// A resolver finds the global variables that a chunk reads and assigns.
type resolver struct {
	locals   []string        // names of the local variables in scope, innermost scope last
	assigned map[string]bool // names of the globals that the chunk assigns
	// replaced has the line of the first assignment of each global that gets a new value, one that is
	// not the module of that name and does not depend on the old value
	replaced map[string]int
	reads    []read          // the first place where each global is read
	listed   map[string]bool // names of the globals that are in reads
	dynamic  bool            // the chunk may assign globals whose names are known only at run time
}

// A read is a place where the chunk reads a global variable.
type read struct {
	name   string
	line   int
	locals []string // names of the local variables in scope where the global is read
}

func resolve(chunk []ast.Stmt) *resolver {
	r := &resolver{assigned: make(map[string]bool), replaced: make(map[string]int), listed: make(map[string]bool)}
	r.block(chunk)
	return r
}

// block visits the statements of a block, which is a scope of its own.
func (r *resolver) block(block []ast.Stmt) {
	outer := len(r.locals)
	for _, s := range block {
		r.visit(s)
	}
	r.locals = r.locals[:outer]
}

func (r *resolver) declare(names ...string) { r.locals = append(r.locals, names...) }

// function visits the function f. The given names are in scope inside f, in addition to its
// parameters.
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

// visit records the globals that the node n reads and assigns. It adds the local variables that n
// declares to the scope.
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
		for i, e := range n.Lhs {
			r.assign(e)
			if i >= len(n.Rhs) || !r.keepsModule(e, n.Rhs[i]) {
				r.replace(e)
			}
		}
	case *ast.LocalAssignStmt:
		r.local(n)
	case *ast.FuncDefStmt:
		if n.Name.Func != nil {
			r.assign(n.Name.Func)
			r.replace(n.Name.Func)
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
	case *ast.RepeatStmt: // the local variables of the block are in scope in the condition
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
		// the variable is in scope inside the function
		if f, ok := s.Exprs[0].(*ast.FunctionExpr); ok {
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

// dynamicFunctions are globals that let a chunk assign other globals whose names are known only at
// run time.
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

// replace records that e is assigned a new value, if e is a global variable.
func (r *resolver) replace(e ast.Expr) {
	name, ok := r.global(e)
	if _, again := r.replaced[name]; ok && !again {
		r.replaced[name] = e.Line()
	}
}

// keepsModule reports whether the assignment of v to the variable e can leave a module in e: whether v
// is a call of require, or begins with "e or".
func (r *resolver) keepsModule(e, v ast.Expr) bool {
	switch v := v.(type) {
	case *ast.FuncCallExpr:
		name, ok := r.global(v.Func)
		return ok && name == "require"
	case *ast.LogicalOpExpr:
		variable, _ := r.global(e)
		old, ok := r.global(v.Lhs)
		return ok && v.Operator == "or" && old == variable
	}
	return false
}

// assignMember records an assignment to _G[key].
func (r *resolver) assignMember(key ast.Expr) {
	if name, ok := key.(*ast.StringExpr); ok {
		r.assigned[name.Value] = true
		return
	}
	r.dynamic = true
}

// call visits a function call. Some library functions, such as pairs, do not assign globals even if
// they get _G as their first argument. Such a call does not set r.dynamic.
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

// global returns the name of e and true if e is a global variable.
func (r *resolver) global(e ast.Expr) (string, bool) {
	name, ok := e.(*ast.IdentExpr)
	if !ok || slices.Contains(r.locals, name.Value) {
		return "", false
	}
	return name.Value, true
}

// isG reports whether e is the global variable _G.
func (r *resolver) isG(e ast.Expr) bool {
	name, ok := r.global(e)
	return ok && name == "_G"
}
