package source

import "github.com/yuin/gopher-lua/ast"

// A ModuleCall is a call of a function of a module, such as http.get("https://example.com").
type ModuleCall struct {
	Line             int
	Module, Function string
	// Argument is the first argument, if it is a literal string or a table whose first element is one.
	Argument  string
	IsLiteral bool // Argument is known

	Second          string // the second argument, if it is such a literal
	SecondIsLiteral bool   // Second is known
}

// ModuleCalls returns the calls in a chunk of functions of the form name.field, in the order of the
// source. It leaves out names to which the chunk assigns anything but the module of the same name.
func ModuleCalls(chunk []ast.Stmt) []ModuleCall {
	own := ownNames(chunk)
	var calls []ModuleCall
	var visit func(n node)
	visit = func(n node) {
		if call, ok := n.(*ast.FuncCallExpr); ok {
			if c, ok := moduleCall(call); ok && !own[c.Module] {
				calls = append(calls, c)
			}
		}
		children(n, visit)
	}
	for _, s := range chunk {
		visit(s)
	}
	return calls
}

func moduleCall(call *ast.FuncCallExpr) (ModuleCall, bool) {
	field, ok := call.Func.(*ast.AttrGetExpr)
	if !ok {
		return ModuleCall{}, false
	}
	module, isName := field.Object.(*ast.IdentExpr)
	function, isField := field.Key.(*ast.StringExpr)
	if !isName || !isField {
		return ModuleCall{}, false
	}
	c := ModuleCall{Line: call.Line(), Module: module.Value, Function: function.Value}
	if len(call.Args) > 0 {
		c.Argument, c.IsLiteral = literalText(call.Args[0])
	}
	if len(call.Args) > 1 {
		c.Second, c.SecondIsLiteral = literalText(call.Args[1])
	}
	return c, true
}

// literalText returns the text of e, a literal string or a table whose first element is one.
func literalText(e ast.Expr) (text string, ok bool) {
	switch e := e.(type) {
	case *ast.StringExpr:
		return e.Value, true
	case *ast.TableExpr:
		for _, field := range e.Fields {
			if field.Key == nil {
				return literalText(field.Value)
			}
		}
	}
	return "", false
}

// ownNames returns the names of the variables, local and global, to which a chunk assigns a value
// other than the module with that name.
func ownNames(chunk []ast.Stmt) map[string]bool {
	own := make(map[string]bool)
	assign := func(name string, value ast.Expr) {
		if !isRequireOf(value, name) {
			own[name] = true
		}
	}
	var visit func(n node)
	visit = func(n node) {
		switch n := n.(type) {
		case *ast.LocalAssignStmt:
			for i, name := range n.Names {
				assign(name, expressionAt(n.Exprs, i))
			}
		case *ast.AssignStmt:
			for i, target := range n.Lhs {
				if name, ok := target.(*ast.IdentExpr); ok {
					assign(name.Value, expressionAt(n.Rhs, i))
				}
			}
		case *ast.FunctionExpr:
			for _, name := range n.ParList.Names {
				own[name] = true
			}
		case *ast.NumberForStmt:
			own[n.Name] = true
		case *ast.GenericForStmt:
			for _, name := range n.Names {
				own[name] = true
			}
		}
		children(n, visit)
	}
	for _, s := range chunk {
		visit(s)
	}
	return own
}

func expressionAt(list []ast.Expr, i int) ast.Expr {
	if i < len(list) {
		return list[i]
	}
	return nil
}

// isRequireOf reports whether e is require with the literal name, or the global of that name.
func isRequireOf(e ast.Expr, name string) bool {
	switch e := e.(type) {
	case *ast.IdentExpr:
		return e.Value == name
	case *ast.FuncCallExpr:
		function, ok := e.Func.(*ast.IdentExpr)
		if !ok || function.Value != "require" || len(e.Args) != 1 {
			return false
		}
		required, ok := e.Args[0].(*ast.StringExpr)
		return ok && required.Value == name
	}
	return false
}
