package lint

import (
	"regexp"
	"slices"
	"strings"

	"github.com/yuin/gopher-lua/ast"
)

// Explain puts what gopher-lua says went wrong at a line into the words of Lua
// 5.1, with the name of what was called, indexed or computed with when only one
// expression of that line can be meant. Other messages stay as they are. chunk
// is the source as the parser reads it, from parse.Parse.
func Explain(chunk []ast.Stmt, line int, message string) string {
	x := &explainer{line: line}
	for _, c := range complaints {
		if at := c.pattern.FindStringSubmatchIndex(message); at != nil {
			x.look(chunk)
			words := c.explain(x, c.pattern.FindStringSubmatch(message))
			return message[:at[0]] + words + message[at[1]:]
		}
	}
	return message
}

var complaints = []struct {
	pattern *regexp.Regexp
	explain func(x *explainer, found []string) string
}{
	{regexp.MustCompile(`attempt to call a non-function object`), (*explainer).call},
	{regexp.MustCompile(`attempt to index a non-table object\((\w+)\) with key '((?s:.*))'`), (*explainer).index},
	{regexp.MustCompile(`cannot perform concat operation between (\w+) and (\w+)`), (*explainer).concatenate},
	{regexp.MustCompile(`cannot perform (add|sub|mul|div|mod|pow) operation between (\w+) and (\w+)`), (*explainer).compute},
	{regexp.MustCompile(`__unm undefined`), (*explainer).negate},
	{regexp.MustCompile(`__len undefined`), (*explainer).measure},
	{regexp.MustCompile(`attempt to compare (\w+) with (\w+)`), (*explainer).compare},
	{regexp.MustCompile(`for statement (init|limit|step) must be a number`), (*explainer).loop},
}

// An explainer has what is on one line of a source.
type explainer struct {
	line    int
	chunk   []ast.Stmt
	nodes   []node // of that line
	defined definitions
}

func (x *explainer) look(chunk []ast.Stmt) {
	x.chunk, x.defined = chunk, defined(chunk)
	var visit func(n node)
	visit = func(n node) {
		if n.Line() == x.line {
			x.nodes = append(x.nodes, n)
		}
		children(n, visit)
	}
	for _, s := range chunk {
		visit(s)
	}
}

// named is before 'name' (kind), or before kind alone when the expression is not
// the only one that can be meant, or has no name.
func named(before string, candidates []string, kind string) string {
	slices.Sort(candidates)
	if candidates = slices.Compact(candidates); len(candidates) == 1 && candidates[0] != "" {
		return before + " '" + candidates[0] + "' (" + kind + ")"
	}
	return before + " " + kind
}

func value(kind string) string { return "a " + kind + " value" }

func (x *explainer) call([]string) string {
	var candidates []string
	missing := false // the global that was called is not set anywhere
	for _, n := range x.nodes {
		called := ast.Expr(nil)
		switch n := n.(type) {
		case *ast.FuncCallExpr:
			called = n.Func
			if called == nil {
				candidates = append(candidates, text(n.Receiver)+":"+n.Method)
			}
		case *ast.GenericForStmt:
			if _, ok := n.Exprs[0].(*ast.FuncCallExpr); !ok {
				called = n.Exprs[0]
			}
		}
		if called == nil || x.defined.isFunction(called) {
			continue
		}
		candidates = append(candidates, text(called))
		if name, ok := called.(*ast.IdentExpr); ok {
			missing = !x.defined.any(name.Value)
		}
	}
	kind := "not a function"
	if missing {
		kind = value("nil")
	}
	if words := named("attempt to call", candidates, kind); strings.Contains(words, "'") {
		return words
	}
	return "attempt to call a value that is not a function"
}

func (x *explainer) index(found []string) string {
	kind, key := found[1], found[2]
	var exact, others []string
	add := func(e, by ast.Expr) {
		switch by := by.(type) {
		case *ast.StringExpr:
			if by.Value == key {
				exact = append(exact, text(e))
			}
		case *ast.NumberExpr:
			if by.Value == key {
				exact = append(exact, text(e))
			}
		default:
			others = append(others, text(e))
		}
	}
	for _, n := range x.nodes { // one that names the key is meant before any with a key that only shows when it runs
		switch n := n.(type) {
		case *ast.AttrGetExpr:
			add(n.Object, n.Key)
		case *ast.FuncCallExpr:
			if n.Receiver != nil {
				add(n.Receiver, &ast.StringExpr{Value: n.Method})
			}
		case *ast.FuncDefStmt:
			if n.Name.Receiver != nil {
				add(n.Name.Receiver, &ast.StringExpr{Value: n.Name.Method})
			}
		}
	}
	if len(exact) == 0 {
		exact = others
	}
	words := named("attempt to index", exact, value(kind))
	if !strings.Contains(words, "'") {
		words += " with key '" + key + "'"
	}
	return words
}

func (x *explainer) concatenate(found []string) string {
	kind := found[1]
	if kind == "string" || kind == "number" {
		kind = found[2]
	}
	var candidates []string
	for _, n := range x.nodes {
		if c, ok := n.(*ast.StringConcatOpExpr); ok {
			candidates = append(candidates, operands(c.Lhs, c.Rhs)...)
		}
	}
	return named("attempt to concatenate", candidates, value(kind))
}

var operators = map[string]string{"add": "+", "sub": "-", "mul": "*", "div": "/", "mod": "%", "pow": "^"}

func (x *explainer) compute(found []string) string {
	left, right := found[2], found[3]
	wrong := right // the left one is not wrong if it is a number, or a string when the other is worse
	isLeft := left != "number" && (left != "string" || right == "number" || right == "string")
	if isLeft {
		wrong = left
	}
	var candidates []string
	for _, n := range x.nodes {
		if c, ok := n.(*ast.ArithmeticOpExpr); ok && c.Operator == operators[found[1]] {
			side := c.Rhs
			if isLeft {
				side = c.Lhs
			}
			candidates = append(candidates, operands(side)...)
		}
	}
	return named("attempt to perform arithmetic on", candidates, value(wrong))
}

// operands are the names of expressions, of which those that are numbers or
// strings in any case are left out.
func operands(all ...ast.Expr) []string {
	var names []string
	for _, e := range all {
		switch e.(type) {
		case *ast.StringExpr, *ast.NumberExpr, *ast.ArithmeticOpExpr, *ast.StringConcatOpExpr:
			continue
		}
		names = append(names, text(e))
	}
	return names
}

func (x *explainer) negate([]string) string {
	var candidates []string
	for _, n := range x.nodes {
		if u, ok := n.(*ast.UnaryMinusOpExpr); ok {
			candidates = append(candidates, operands(u.Expr)...)
		}
	}
	return named("attempt to perform arithmetic on", candidates, "not a number")
}

func (x *explainer) measure([]string) string {
	var candidates []string
	for _, n := range x.nodes {
		if u, ok := n.(*ast.UnaryLenOpExpr); ok {
			candidates = append(candidates, operands(u.Expr)...)
		}
	}
	return named("attempt to get length of", candidates, "neither a string nor a table")
}

func (x *explainer) compare(found []string) string {
	if found[1] == found[2] {
		return "attempt to compare two " + found[1] + " values"
	}
	return found[0]
}

func (x *explainer) loop(found []string) string {
	if found[1] == "init" {
		return "'for' initial value must be a number"
	}
	return "'for' " + found[1] + " must be a number"
}
