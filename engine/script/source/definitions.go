package source

import (
	"slices"

	"github.com/yuin/gopher-lua/ast"
)

// standardFunctions has the names of the functions of Lua's own library.
var standardFunctions = []string{
	"assert", "collectgarbage", "error", "getfenv", "getmetatable", "ipairs", "load", "loadstring", "next", "pairs", "pcall", "print",
	"rawequal", "rawget", "rawset", "require", "select", "setfenv", "setmetatable", "tonumber", "tostring", "type", "unpack", "xpcall",
	"coroutine.create", "coroutine.resume", "coroutine.status", "coroutine.wrap", "coroutine.yield",
	"debug.getinfo", "debug.traceback",
	"math.abs", "math.acos", "math.asin", "math.atan", "math.atan2", "math.ceil", "math.cos", "math.cosh", "math.deg", "math.exp",
	"math.floor", "math.fmod", "math.frexp", "math.ldexp", "math.log", "math.log10", "math.max", "math.min", "math.modf", "math.pow",
	"math.rad", "math.random", "math.randomseed", "math.sin", "math.sinh", "math.sqrt", "math.tan", "math.tanh",
	"os.clock", "os.date", "os.difftime", "os.getenv", "os.time",
	"string.byte", "string.char", "string.find", "string.format", "string.gmatch", "string.gsub", "string.len",
	"string.lower", "string.match", "string.rep", "string.reverse", "string.sub", "string.upper",
	"table.concat", "table.insert", "table.maxn", "table.remove", "table.sort",
}

// definitions has an entry for each variable that a chunk assigns, local or global. The entry
// counts how often the variable is assigned a function literal, and how often another value.
type definitions map[string]*struct{ functions, others int }

func findDefinitions(chunk []ast.Stmt) definitions {
	d := make(definitions)
	var visit func(n node)
	visit = func(n node) {
		switch n := n.(type) {
		case *ast.LocalAssignStmt:
			for i, name := range n.Names {
				d.add(name, i < len(n.Exprs) && isLiteralFunction(n.Exprs[i]))
			}
		case *ast.AssignStmt:
			for i, target := range n.Lhs {
				if name, ok := target.(*ast.IdentExpr); ok {
					d.add(name.Value, i < len(n.Rhs) && isLiteralFunction(n.Rhs[i]))
				}
			}
		case *ast.FuncDefStmt:
			if name, ok := n.Name.Func.(*ast.IdentExpr); ok {
				d.add(name.Value, true)
			}
		case *ast.FunctionExpr:
			for _, name := range n.ParList.Names {
				d.add(name, false)
			}
		case *ast.NumberForStmt:
			d.add(n.Name, false)
		case *ast.GenericForStmt:
			for _, name := range n.Names {
				d.add(name, false)
			}
		}
		children(n, visit)
	}
	for _, s := range chunk {
		visit(s)
	}
	return d
}

func isLiteralFunction(e ast.Expr) bool {
	_, ok := e.(*ast.FunctionExpr)
	return ok
}

func (d definitions) add(name string, function bool) {
	if d[name] == nil {
		d[name] = new(struct{ functions, others int })
	}
	if function {
		d[name].functions++
	} else {
		d[name].others++
	}
}

// has reports whether the chunk assigns a variable with this name.
func (d definitions) has(name string) bool { return d[name] != nil }

// isFunction reports whether the value of the expression e is always a function. library has the
// names of the functions of the library.
func (d definitions) isFunction(e ast.Expr, library []string) bool {
	switch e := e.(type) {
	case *ast.FunctionExpr:
		return true
	case *ast.IdentExpr:
		if of := d[e.Value]; of != nil {
			return of.others == 0
		}
		return slices.Contains(library, e.Value)
	case *ast.AttrGetExpr:
		object, ok := e.Object.(*ast.IdentExpr)
		return ok && !d.has(object.Value) && slices.Contains(library, expressionText(e))
	}
	return false
}
