package lint

import (
	"regexp"
	"slices"

	"github.com/yuin/gopher-lua/ast"
)

var identifier = regexp.MustCompile(`^[A-Za-z_]\w*$`)

// text is an expression as it is written, or "" when that is no name.
func text(e ast.Expr) string {
	switch e := e.(type) {
	case *ast.IdentExpr:
		return e.Value
	case *ast.AttrGetExpr:
		object := text(e.Object)
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
			called = text(e.Func)
		} else if called = text(e.Receiver); called != "" {
			called += ":" + e.Method
		}
		if called != "" {
			return called + "()"
		}
	}
	return ""
}

// library are functions that every script has, by name. A script rarely makes
// something else of one without an assignment.
var library = []string{
	"after", "every", "on", "on_start", "on_unload", "register_tool", "sleep", "spawn",
	"assert", "collectgarbage", "error", "getfenv", "getmetatable", "ipairs", "load", "loadstring", "next", "pairs", "pcall", "print",
	"rawequal", "rawget", "rawset", "require", "select", "setfenv", "setmetatable", "tonumber", "tostring", "type", "unpack", "xpcall",
	"coroutine.create", "coroutine.resume", "coroutine.status", "coroutine.wrap", "coroutine.yield",
	"debug.getinfo", "debug.traceback", "json.array", "json.decode", "json.encode", "log.debug", "log.error", "log.info", "log.warn",
	"math.abs", "math.acos", "math.asin", "math.atan", "math.atan2", "math.ceil", "math.cos", "math.cosh", "math.deg", "math.exp",
	"math.floor", "math.fmod", "math.frexp", "math.ldexp", "math.log", "math.log10", "math.max", "math.min", "math.modf", "math.pow",
	"math.rad", "math.random", "math.randomseed", "math.sin", "math.sinh", "math.sqrt", "math.tan", "math.tanh",
	"os.clock", "os.date", "os.difftime", "os.getenv", "os.time",
	"string.byte", "string.char", "string.find", "string.format", "string.gmatch", "string.gsub", "string.len",
	"string.lower", "string.match", "string.rep", "string.reverse", "string.sub", "string.upper",
	"table.concat", "table.insert", "table.maxn", "table.remove", "table.sort",
}

// definitions are the variables of a chunk, of any scope, and how often each
// is defined as a function and as anything else.
type definitions map[string]*struct{ functions, others int }

func defined(chunk []ast.Stmt) definitions {
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

// any says whether a variable of that name is defined at all.
func (d definitions) any(name string) bool { return d[name] != nil }

// isFunction says whether e must be a function.
func (d definitions) isFunction(e ast.Expr) bool {
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
		return ok && !d.any(object.Value) && slices.Contains(library, text(e))
	}
	return false
}
