package source

import "github.com/yuin/gopher-lua/ast"

// FunctionNames returns the names of the functions of a source by the lines in which they begin, such as
// "lamp.toggle". A function has no name if it is only an argument or a result, and none if another
// function begins in the same line. The source has been compiled before. name is the name of the source.
func FunctionNames(text []byte, name string) map[int]string {
	chunk, err := parseWithin(text, name)
	if err != nil {
		return nil
	}
	names, found := make(map[int]string), make(map[int]bool)
	call := func(name string, e ast.Expr) {
		if f, ok := e.(*ast.FunctionExpr); ok && names[f.Line()] == "" {
			names[f.Line()] = name
		}
	}
	var visit func(node)
	visit = func(n node) {
		switch n := n.(type) {
		case *ast.FunctionExpr:
			if found[n.Line()] {
				names[n.Line()] = ""
			}
			found[n.Line()] = true
		case *ast.LocalAssignStmt:
			for i, name := range n.Names {
				if i < len(n.Exprs) {
					call(name, n.Exprs[i])
				}
			}
		case *ast.AssignStmt:
			for i, target := range n.Lhs {
				if i < len(n.Rhs) {
					call(expressionText(target), n.Rhs[i])
				}
			}
		case *ast.FuncDefStmt:
			if n.Name.Func != nil {
				call(expressionText(n.Name.Func), n.Func)
			} else {
				call(expressionText(n.Name.Receiver)+":"+n.Name.Method, n.Func)
			}
		case *ast.TableExpr:
			for _, field := range n.Fields {
				if key, ok := field.Key.(*ast.StringExpr); ok {
					call(key.Value, field.Value)
				}
			}
		}
		children(n, visit)
	}
	for _, s := range chunk {
		visit(s)
	}
	return names
}
