package source

import (
	"regexp"

	"github.com/yuin/gopher-lua/ast"
)

var identifier = regexp.MustCompile(`^[A-Za-z_]\w*$`)

// expressionText returns the text of a variable, field or call, such as "t.x" or "f()". It returns
// "" for other expressions. A complicated key is shown as "[...]".
func expressionText(e ast.Expr) string {
	switch e := e.(type) {
	case *ast.IdentExpr:
		return e.Value
	case *ast.AttrGetExpr:
		object := expressionText(e.Object)
		if object == "" {
			return ""
		}
		switch key := e.Key.(type) {
		case *ast.StringExpr:
			if identifier.MatchString(key.Value) {
				return object + "." + key.Value
			}
			return object + "[...]"
		case *ast.NumberExpr:
			return object + "[" + key.Value + "]"
		case *ast.IdentExpr:
			return object + "[" + key.Value + "]"
		}
		return object + "[...]"
	case *ast.FuncCallExpr:
		called := ""
		if e.Func != nil {
			called = expressionText(e.Func)
		} else if called = expressionText(e.Receiver); called != "" {
			called += ":" + e.Method
		}
		if called != "" {
			return called + "()"
		}
	}
	return ""
}
