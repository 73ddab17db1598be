package source

import (
	"regexp"
	"slices"
	"strings"

	"github.com/yuin/gopher-lua/ast"
)

// Explain translates an error message of gopher-lua into the words of Lua 5.1. It returns other
// messages unchanged. line is the line in which the error was raised. If only one expression in
// that line can have failed, the message gets the name of the variable or field that was called,
// indexed or used in arithmetic. functions has the names of the functions that scripts have in
// addition to Lua's own, such as "json.encode". Explain assumes that they have not failed.
func Explain(chunk []ast.Stmt, line int, message string, functions []string) string {
	x := &explainer{line: line, library: append(functions, standardFunctions...)}
	for _, m := range messages {
		if at := m.pattern.FindStringSubmatchIndex(message); at != nil {
			x.analyse(chunk)
			text := m.explain(x, m.pattern.FindStringSubmatch(message))
			return message[:at[0]] + text + message[at[1]:]
		}
	}
	return message
}

// messages has the patterns of gopher-lua's messages. For each, explain returns the text that
// replaces the matching part of the message. groups are the match and its groups.
var messages = []struct {
	pattern *regexp.Regexp
	explain func(x *explainer, groups []string) string
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

// An explainer explains an error that was raised in one line of a source.
type explainer struct {
	line    int
	nodes   []node // the statements and expressions in the line
	defined definitions
	library []string // names of functions, such as "string.rep"
}

// analyse finds the nodes in the line, and the definitions in the chunk.
func (x *explainer) analyse(chunk []ast.Stmt) {
	x.defined = findDefinitions(chunk)
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

// withName returns "problem 'name' (kind)" if all candidates are the same name. Otherwise it
// returns "problem kind". A candidate is the name of an expression that may have caused the error,
// or "" for an expression without a name.
func withName(problem string, candidates []string, kind string) string {
	slices.Sort(candidates)
	if candidates = slices.Compact(candidates); len(candidates) == 1 && candidates[0] != "" {
		return problem + " '" + candidates[0] + "' (" + kind + ")"
	}
	return problem + " " + kind
}

func value(typeName string) string { return "a " + typeName + " value" }

func (x *explainer) call([]string) string {
	var candidates []string
	missing := false // the chunk never assigns the variable that was called
	for _, n := range x.nodes {
		called := ast.Expr(nil)
		switch n := n.(type) {
		case *ast.FuncCallExpr:
			called = n.Func
			if called == nil {
				candidates = append(candidates, expressionText(n.Receiver)+":"+n.Method)
			}
		case *ast.GenericForStmt:
			if _, ok := n.Exprs[0].(*ast.FuncCallExpr); !ok {
				called = n.Exprs[0]
			}
		}
		if called == nil || x.defined.isFunction(called, x.library) {
			continue
		}
		candidates = append(candidates, expressionText(called))
		if name, ok := called.(*ast.IdentExpr); ok {
			missing = !x.defined.has(name.Value)
		}
	}
	kind := "not a function"
	if missing {
		kind = value("nil")
	}
	if text := withName("attempt to call", candidates, kind); strings.Contains(text, "'") {
		return text
	}
	return "attempt to call a value that is not a function"
}

func (x *explainer) index(groups []string) string {
	kind, key := groups[1], groups[2]
	var exact, others []string
	add := func(e, by ast.Expr) {
		switch by := by.(type) {
		case *ast.StringExpr:
			if by.Value == key {
				exact = append(exact, expressionText(e))
			}
		case *ast.NumberExpr:
			if by.Value == key {
				exact = append(exact, expressionText(e))
			}
		default:
			others = append(others, expressionText(e))
		}
	}
	// An expression whose key is a constant equal to the key in the message is more likely to have
	// failed than an expression whose key is a variable.
	for _, n := range x.nodes {
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
	text := withName("attempt to index", exact, value(kind))
	if !strings.Contains(text, "'") {
		text += " with key '" + key + "'"
	}
	return text
}

func (x *explainer) concatenate(groups []string) string {
	kind := groups[1]
	if kind == "string" || kind == "number" {
		kind = groups[2]
	}
	var candidates []string
	for _, n := range x.nodes {
		if c, ok := n.(*ast.StringConcatOpExpr); ok {
			candidates = append(candidates, operands(c.Lhs, c.Rhs)...)
		}
	}
	return withName("attempt to concatenate", candidates, value(kind))
}

var operators = map[string]string{"add": "+", "sub": "-", "mul": "*", "div": "/", "mod": "%", "pow": "^"}

func (x *explainer) compute(groups []string) string {
	left, right := groups[2], groups[3]
	wrong := right
	// The message gives the types of both operands, and one of them is wrong. A number is never
	// wrong. A string is wrong only if the other operand is a number or a string, because Lua
	// converts strings to numbers where it can.
	isLeft := left != "number" && (left != "string" || right == "number" || right == "string")
	if isLeft {
		wrong = left
	}
	var candidates []string
	for _, n := range x.nodes {
		if c, ok := n.(*ast.ArithmeticOpExpr); ok && c.Operator == operators[groups[1]] {
			side := c.Rhs
			if isLeft {
				side = c.Lhs
			}
			candidates = append(candidates, operands(side)...)
		}
	}
	return withName("attempt to perform arithmetic on", candidates, value(wrong))
}

// operands returns the names of the expressions that may have a value other than a number or a
// string.
func operands(all ...ast.Expr) []string {
	var names []string
	for _, e := range all {
		switch e.(type) {
		case *ast.StringExpr, *ast.NumberExpr, *ast.ArithmeticOpExpr, *ast.StringConcatOpExpr:
			continue
		}
		names = append(names, expressionText(e))
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
	return withName("attempt to perform arithmetic on", candidates, "not a number")
}

func (x *explainer) measure([]string) string {
	var candidates []string
	for _, n := range x.nodes {
		if u, ok := n.(*ast.UnaryLenOpExpr); ok {
			candidates = append(candidates, operands(u.Expr)...)
		}
	}
	return withName("attempt to get length of", candidates, "neither a string nor a table")
}

func (x *explainer) compare(groups []string) string {
	if groups[1] == groups[2] {
		return "attempt to compare two " + groups[1] + " values"
	}
	return groups[0]
}

func (x *explainer) loop(groups []string) string {
	if groups[1] == "init" {
		return "'for' initial value must be a number"
	}
	return "'for' " + groups[1] + " must be a number"
}
