package source

import "github.com/yuin/gopher-lua/ast"

// A node is a statement or an expression of the syntax tree.
type node = ast.PositionHolder

// children calls visit for each direct child of n, in the order of the source.
func children(n node, visit func(node)) {
	expr := func(all ...ast.Expr) {
		for _, e := range all {
			if e != nil {
				visit(e)
			}
		}
	}
	block := func(all []ast.Stmt) {
		for _, s := range all {
			visit(s)
		}
	}
	switch n := n.(type) {
	case *ast.AttrGetExpr:
		expr(n.Object, n.Key)
	case *ast.TableExpr:
		for _, f := range n.Fields {
			expr(f.Key, f.Value)
		}
	case *ast.FuncCallExpr:
		expr(n.Func, n.Receiver)
		expr(n.Args...)
	case *ast.LogicalOpExpr:
		expr(n.Lhs, n.Rhs)
	case *ast.RelationalOpExpr:
		expr(n.Lhs, n.Rhs)
	case *ast.StringConcatOpExpr:
		expr(n.Lhs, n.Rhs)
	case *ast.ArithmeticOpExpr:
		expr(n.Lhs, n.Rhs)
	case *ast.UnaryMinusOpExpr:
		expr(n.Expr)
	case *ast.UnaryNotOpExpr:
		expr(n.Expr)
	case *ast.UnaryLenOpExpr:
		expr(n.Expr)
	case *ast.FunctionExpr:
		block(n.Stmts)
	case *ast.AssignStmt:
		expr(n.Lhs...)
		expr(n.Rhs...)
	case *ast.LocalAssignStmt:
		expr(n.Exprs...)
	case *ast.FuncCallStmt:
		expr(n.Expr)
	case *ast.DoBlockStmt:
		block(n.Stmts)
	case *ast.WhileStmt:
		expr(n.Condition)
		block(n.Stmts)
	case *ast.RepeatStmt:
		block(n.Stmts)
		expr(n.Condition)
	case *ast.IfStmt:
		expr(n.Condition)
		block(n.Then)
		block(n.Else)
	case *ast.NumberForStmt:
		expr(n.Init, n.Limit, n.Step)
		block(n.Stmts)
	case *ast.GenericForStmt:
		expr(n.Exprs...)
		block(n.Stmts)
	case *ast.FuncDefStmt:
		expr(n.Name.Func, n.Name.Receiver, n.Func)
	case *ast.ReturnStmt:
		expr(n.Exprs...)
	}
}
